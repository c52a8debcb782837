// Sorting along a dimension. A NaN counts as the largest; equal elements keep their order.

extension Tensor {
  /// The elements in ascending order along a dimension, the last by default, or in descending order, and where each comes from, both of
  /// this tensor's shape. A NaN counts as the largest; equal elements keep their order. Negative dimensions count from the last.
  ///
  /// An element of the result passes its gradient on to the one that it is. Stops the program if there is no such dimension.
  public func sorted(axis: Int = -1, descending: Bool = false) -> (values: Tensor, indices: Indices) {
    let indices = indicesInOrder(AxisLayout(axis, of: shape, "sorted"), descending: descending)
    return (gather(axis: axis, indices), indices)
  }

  /// The indices that sort the elements along a dimension, the last by default, of this tensor's shape; see `sorted`. Negative dimensions
  /// count from the last. Stops the program if there is no such dimension.
  public func argsort(axis: Int = -1, descending: Bool = false) -> Indices {
    indicesInOrder(AxisLayout(axis, of: shape, "argsort"), descending: descending)
  }

  /// The k largest elements along a dimension, the last by default, in descending order, or the smallest in ascending order, and where they
  /// are: [n, 10] becomes [n, k]. A NaN counts as the largest; the first of equals comes first. Negative dimensions count from the
  /// last.
  ///
  /// An element of the result passes its gradient on to the one that it is. Stops the program if there is no such dimension, or it has fewer than k
  /// elements.
  public func topK(_ k: Int, axis: Int = -1, largest: Bool = true) -> (values: Tensor, indices: Indices) {
    let layout = AxisLayout(axis, of: shape, "topK")
    guard 0...layout.size ~= k else {
      stop("topK", "k is \(k), dimension \(layout.axis) of the shape \(shape) has \(layout.size) elements")
    }
    let indices = indicesInOrder(layout, descending: largest, count: k)
    return (gather(axis: axis, indices), indices)
  }

  /// Where the elements in order come from, all of them or the first `count`.
  private func indicesInOrder(_ layout: AxisLayout, descending: Bool, count: Int? = nil) -> Indices {
    let count = count ?? layout.size
    return Indices(order(layout, descending: descending, count: count), shape: layout.shape(replacing: [count]))
  }
}
