import CKernels

/// Which elements are chosen; a NaN before all others.
enum Extreme {
  case largest, smallest
}

extension Tensor {
  /// The chosen element along a dimension, which stays with size 1; a new tensor of this one's precision, not on the tape.
  func extremes(_ which: Extreme, _ layout: AxisLayout) -> Tensor {
    let target = layout.shape(replacing: [1])
    let output = Buffer(shape: target)
    withFloat32 {
      extremes_along($0, output.pointer, nil, layout.kernel, which == .smallest ? 1 : 0)
    }
    return Tensor(shape: target, buffer: output).castWithoutTape(to: precision)
  }

  /// Where the chosen elements along a dimension are: the first of equals.
  func indicesOfExtremes(_ which: Extreme, _ layout: AxisLayout) -> [Int] {
    let count = layout.outer * layout.inner
    let values = Buffer(count: count)
    var indices = [Int64](repeating: 0, count: count)
    withFloat32 {
      extremes_along($0, values.pointer, &indices, layout.kernel, which == .smallest ? 1 : 0)
    }
    return indices.map(Int.init)
  }

  /// The sums of the elements up to each along a dimension, or where `reversed` from each to the last, accumulated in Float64; a new
  /// tensor in Float32, not on the tape.
  func cumulativeSums(_ layout: AxisLayout, reversed: Bool) -> Tensor {
    let output = Buffer(shape: shape)
    withFloat32 { cumulative_sums($0, output.pointer, layout.kernel, reversed ? 1 : 0) }
    return Tensor(shape: shape, buffer: output)
  }
}

extension AxisLayout {
  fileprivate var kernel: axis_layout { axis_layout(outer: Int64(outer), size: Int64(size), inner: Int64(inner)) }
}
