// What convolutions and transposed convolutions refuse.
extension Convolution {
  /// The window of a convolution of x with a weight. Stops the program, in the name of `operation`, unless both are of images or of
  /// sequences.
  static func window(
    _ operation: String, _ x: Shape, _ weight: Shape, _ stride: any AxisSizes, _ dilation: any AxisSizes,
    _ padding: any WindowPadding
  ) -> Window {
    guard 3...4 ~= x.count, weight.count == x.count, !weight.dropFirst(2).contains(0) else {
      stop(operation, x, weight, 1)
    }
    return Window(
      operation, axes: x.count - 2, kernelSize: Array(weight.dropFirst(2)), stride: stride, dilation: dilation,
      padding: padding)
  }

  /// Stops the program unless x and the weight have as many axes as the window, the weight has its size, and there are groups.
  static func check(_ operation: String, _ x: Shape, _ weight: Shape, _ window: Window, _ groups: Int) {
    guard 1...Int(Int32.max) ~= groups else {
      stop(operation, "groups \(groups): at least 1, and at most \(Int32.max), are needed")
    }
    let axes = window.axes
    guard x.count == axes.count + 2, weight.count == x.count,
      axes.indices.allSatisfy({ weight[$0 + 2] == axes[$0].kernelSize })
    else { stop(operation, x, weight, groups, axes: axes.count) }
  }

  /// Stops the program unless the bias has one element for each of `outputs`.
  static func check(_ operation: String, bias: Shape, outputs: Int, _ weight: Shape) {
    guard bias == [outputs] else {
      Autodiff.stop(operation, bias, weight, "the bias has one element for each of the weight's outputs")
    }
  }

  /// Stops the program and says which shapes an operation takes.
  static func stop(_ operation: String, _ x: Shape, _ weight: Shape, _ groups: Int, axes: Int? = nil) -> Never {
    let (first, second) = operation == "convolve" ? ("outputs", "inputs") : ("inputs", "outputs")
    let others = "[\(first), \(groups == 1 ? second : "\(second) / \(groups)"),"
    let isSequence = axes.map { $0 == 1 } ?? (x.count == 3)
    Autodiff.stop(
      operation, x, weight,
      isSequence
        ? "sequences [n, length, inputs], weights \(others) length] are needed"
        : "images [n, height, width, inputs], weights \(others) height, width] are needed")
  }

  private static func stop(_ operation: String, _ problem: String) -> Never { Autodiff.stop(operation, problem) }
}
