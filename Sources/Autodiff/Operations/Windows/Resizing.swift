/// How `resize` computes the elements of another size.
public enum Interpolation: String, Sendable, CaseIterable {
  /// Element ⌊i · size / size′⌋, as PyTorch's “nearest”, and ONNX's Resize with the coordinates “asymmetric” and the mode “floor”.
  case nearest
  /// The element whose center is nearest, ⌊(i + ½) size / size′⌋, as PyTorch's “nearest-exact”, and ONNX's Resize with “half_pixel” and
  /// “round_prefer_ceil”.
  case nearestExact
  /// The line between the two nearest centers, as PyTorch's “linear” and “bilinear”, and ONNX's Resize with the mode “linear” and
  /// “half_pixel”.
  case linear
}

/// Images or sequences of another size: [n, height, width, channels] to [n, height′, width′, channels], or [n, length, channels] to
/// [n, length′, channels].
///
/// Element i along an axis is taken at (i + ½) size / size′ − ½, or at i (size − 1) / (size′ − 1) with `alignCorners`, ONNX's
/// “align_corners”, which is for `.linear` alone; `.linear` over both axes is bilinear. Beyond the centers at the edges it is constant.
/// Positions are computed in Float32, as PyTorch does, so where one falls between two elements they are the same.
///
/// `size` is one number for all axes or one per axis. Stops the program if x has other than three or four dimensions or no pixels, a size
/// is below 1, or `alignCorners` is set with another mode than `.linear`.
public func resize(
  _ x: Tensor, to size: any AxisSizes, mode: Interpolation = .nearest, alignCorners: Bool = false
) -> Tensor {
  let sizes = axes("resize", x, size.axisSizes)
  return resize(x, to: sizes, factors: nil, mode, alignCorners)
}

/// Images or sequences whose sizes are multiplied by a factor and rounded down: [n, height, width, channels] to
/// [n, ⌊factor · height⌋, ⌊factor · width⌋, channels], as above with 1 / factor in place of size / size′.
///
/// `scaleFactor` is one number for all axes, or one per axis in an array. Stops the program if a factor is not finite, or a size would be
/// below 1, and as above.
public func resize(
  _ x: Tensor, scaleFactor: [Double], mode: Interpolation = .nearest, alignCorners: Bool = false
) -> Tensor {
  let factors = axes("resize", x, scaleFactor)
  let sizes = zip(x.shape.dropFirst(), factors).map { size, factor in
    let product = (Double(size) * factor).rounded(.down)
    return 1..<0x1p31 ~= product ? Int(product) : 0
  }
  return resize(x, to: sizes, factors: factors, mode, alignCorners)
}

private func resize(
  _ x: Tensor, to sizes: [Int], factors: [Double]?, _ mode: Interpolation, _ alignCorners: Bool
) -> Tensor {
  guard sizes.allSatisfy({ 1...Int(Int32.max) ~= $0 }), !x.shape.dropFirst().dropLast().contains(0) else {
    stop("resize", "images of shape \(x.shape) can't get the size \(sizes); sizes of 1 or more are needed")
  }
  guard !alignCorners || mode == .linear else {
    stop("resize", "the corners can be aligned with the mode linear alone, not with \(mode)")
  }
  return eachAxis(of: x) { y, axis in
    let size = x.shape[axis + 1], count = sizes[axis]
    guard size != count || factors.map({ $0[axis] != 1 }) ?? false else { return y }
    let step = factors.map { Float(1 / $0[axis]) } ?? Float(size) / Float(count)
    return resampled(
      y, axis + 1, AxisMap(from: size, to: count) { mode.terms($0, size, count, step, alignCorners) })
  }
}

extension Interpolation {
  /// The elements that element `i` of `count` is computed from, and their weights; `step` is the distance between two.
  fileprivate func terms(
    _ i: Int, _ size: Int, _ count: Int, _ step: Float, _ alignCorners: Bool
  ) -> [(index: Int, weight: Float)] {
    func nearest(_ position: Float) -> [(index: Int, weight: Float)] {
      [(min(Int(position.rounded(.down)), size - 1), 1)]
    }
    switch self {
    case .nearest: return nearest(Float(i) * step)
    // Rounded as PyTorch does: once after product and difference, and once more.
    case .nearestExact: return nearest(Float(-0.5).addingProduct(step, Float(i) + 0.5) + 0.5)
    case .linear:
      let position =
        alignCorners
        ? (count > 1 ? Float(i) * (Float(size - 1) / Float(count - 1)) : 0) : max(step * (Float(i) + 0.5) - 0.5, 0)
      let first = min(Int(position), size - 1)
      guard first < size - 1 else { return [(first, 1)] }
      let share = position - Float(first)
      return [(first, 1 - share), (first + 1, share)]
    }
  }
}

/// The mean of each channel over windows that divide images or sequences as evenly as possible: [n, height, width, channels] to
/// [n, outputSize, outputSize, channels], or [n, length, channels] to [n, outputSize, channels].
///
/// Window i of m along an axis covers the elements ⌊i · size / m⌋ ..< ⌈(i + 1) size / m⌉. `outputSize` is one number for all axes or
/// one per axis. Stops the program if x has other than three or four dimensions or no pixels, or a size is below 1.
///
/// Source: He et al., "Spatial pyramid pooling in deep convolutional networks for visual recognition", 2014, arXiv:1406.4729.
public func adaptiveAveragePool(_ x: Tensor, outputSize: any AxisSizes) -> Tensor {
  let sizes = axes("adaptiveAveragePool", x, outputSize.axisSizes)
  guard sizes.allSatisfy({ 1...Int(Int32.max) ~= $0 }), !x.shape.dropFirst().dropLast().contains(0) else {
    stop(
      "adaptiveAveragePool",
      "images of shape \(x.shape) can't be divided into \(sizes) windows; sizes of 1 or more are needed")
  }
  return eachAxis(of: x) { y, axis in
    let size = x.shape[axis + 1], count = sizes[axis]
    guard size != count else { return y }
    return resampled(
      y, axis + 1,
      AxisMap(from: size, to: count) { i in
        let window = i * size / count..<((i + 1) * size + count - 1) / count
        return window.map { ($0, 1 / Float(window.count)) }
      })
  }
}

/// The numbers for each axis of images or sequences, of one or several given.
private func axes<Number>(_ operation: String, _ x: Tensor, _ numbers: [Number]) -> [Number] {
  guard 3...4 ~= x.shape.count else {
    stop(
      operation,
      "images [n, height, width, channels] or sequences [n, length, channels] are needed, not the shape \(x.shape)")
  }
  let count = x.shape.count - 2
  guard numbers.count == 1 || numbers.count == count else {
    stop(operation, "\(numbers) has \(numbers.count) numbers; one or \(count) are needed for the shape \(x.shape)")
  }
  return numbers.count == count ? numbers : Array(repeating: numbers[0], count: count)
}

/// Images or sequences after `change` of one axis after the other. Halves are rounded once, at the end.
private func eachAxis(of x: Tensor, _ change: (Tensor, Int) -> Tensor) -> Tensor {
  (0..<x.shape.count - 2).reduce(x.cast(to: .float32), change).cast(to: x.precision)
}

/// A linear map along one axis of x.
private func resampled(_ x: Tensor, _ axis: Int, _ map: AxisMap) -> Tensor {
  record(map.applied(to: x, axis), from: x) { [node = x.node] gradient, pass in
    pass.add(resampled(gradient, axis, map.transposed), to: node)
  }
}
