/// A tensor around one of its dimensions: [outer, size, inner], where outer and inner are the products of the sizes before and after it.
struct AxisLayout {
  let axis, outer, size, inner: Int
  private let shape: Shape

  /// Negative dimensions count from the last. Stops the program, in the name of `operation`, if there is no such dimension.
  init(_ axis: Int, of shape: Shape, _ operation: String) {
    let fromFront = axis < 0 ? axis + shape.count : axis
    guard shape.indices.contains(fromFront) else { stop(operation, "no dimension \(axis) in the shape \(shape)") }
    self.axis = fromFront
    self.shape = shape
    outer = shape.prefix(fromFront).reduce(1, *)
    size = shape[fromFront]
    inner = shape.dropFirst(fromFront + 1).reduce(1, *)
  }

  /// The shape with other sizes instead of that of the dimension: [] removes it.
  func shape(replacing sizes: [Int]) -> Shape {
    Shape(shape.prefix(axis) + sizes + shape.dropFirst(axis + 1))
  }
}
