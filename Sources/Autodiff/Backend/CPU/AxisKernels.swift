import CKernels

/// Which elements are chosen; a NaN before all others.
enum Extreme {
  case largest, smallest

  fileprivate var isSmallest: Int32 { self == .smallest ? 1 : 0 }
}

extension Tensor {
  /// The chosen element along a dimension, which stays with size 1; a new tensor of this one's precision, not on the tape.
  func extremes(_ which: Extreme, _ layout: AxisLayout) -> Tensor {
    let target = layout.shape(replacing: [1])
    let output = Buffer(shape: target)
    withFloat32 { x in
      layout.inOuter { extremes_along(x + $0.input, output.pointer + $0.output, nil, $0.part, which.isSmallest) }
    }
    return Tensor(shape: target, buffer: output).castWithoutTape(to: precision)
  }

  /// Where the chosen elements along a dimension are: the first of equals.
  func indicesOfExtremes(_ which: Extreme, _ layout: AxisLayout) -> [Int] {
    let count = layout.outer * layout.inner
    let values = Buffer(count: count)
    return [Int](unsafeUninitializedCapacity: count) { indices, filled in
      let indices = indices.baseAddress!
      indices.initialize(repeating: 0, count: count)
      withFloat32 { x in
        layout.inOuter {
          extremes_along(
            x + $0.input, values.pointer + $0.output, indices + $0.output, $0.part, which.isSmallest)
        }
      }
      filled = count
    }
  }

  /// The sums of the elements up to each along a dimension, or where `reversed` from each to the last, accumulated in Float64; a new
  /// tensor in Float32, not on the tape.
  func cumulativeSums(_ layout: AxisLayout, reversed: Bool) -> Tensor {
    let output = Buffer(shape: shape)
    withFloat32 { x in
      layout.kernel.inUnits { cumulative_sums(x, output.pointer, layout.kernel, $0, $1, reversed ? 1 : 0) }
    }
    return Tensor(shape: shape, buffer: output)
  }
}

extension Tensor {
  /// Where the first `count` elements in ascending or descending order along a dimension come from. A NaN counts as the largest; equal
  /// elements keep their order.
  func order(_ layout: AxisLayout, descending: Bool, count: Int) -> [Int] {
    let (size, inner) = (layout.size, layout.inner), all = layout.outer * count * inner
    return [Int](unsafeUninitializedCapacity: all) { indices, filled in
      filled = all
      guard all > 0 else { return }
      let indices = indices.baseAddress!
      withFloat32 { x in
        inChunks(of: layout.outer * inner, width: 16 * size) { rows in
          let work = UnsafeMutablePointer<UInt64>.allocate(capacity: 2 * size)
          defer { work.deallocate() }
          for row in rows {
            let (outer, column) = (row / inner, row % inner)
            order_of(
              x + (outer * size * inner + column), Int64(inner), Int64(size), descending ? 1 : 0, Int64(count),
              indices + (outer * count * inner + column), Int64(inner), work)
          }
        }
      }
    }
  }
}

extension AxisLayout {
  /// The sizes as kernels take them.
  var kernel: axis_layout { axis_layout(outer: Int64(outer), size: Int64(size), inner: Int64(inner)) }

  /// Calls `body` with parts of the outer dimension, and where they begin in the input and in an output of one element along the
  /// dimension.
  fileprivate func inOuter(_ body: ((input: Int, output: Int, part: axis_layout)) -> Void) {
    inChunks(of: outer, width: size * inner) { range in
      let part = axis_layout(outer: Int64(range.count), size: Int64(size), inner: Int64(inner))
      body((range.lowerBound * size * inner, range.lowerBound * inner, part))
    }
  }
}

extension axis_layout {
  /// Calls `body` with the beginnings and ends of ranges of a kernel's units of work along the dimension.
  func inUnits(_ body: (Int64, Int64) -> Void) {
    inChunks(of: Int(axis_units(self)), width: Int(size * Swift.min(inner, Int64(axis_wide)))) {
      body(Int64($0.lowerBound), Int64($0.upperBound))
    }
  }
}
