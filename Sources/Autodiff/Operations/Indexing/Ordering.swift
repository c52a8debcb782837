// Sorting along a dimension. A NaN counts as the largest; equal elements keep their order.

extension Tensor {
  /// The elements in ascending order along a dimension, the last by default, or in descending order, and where each comes from, both of
  /// this tensor's shape. A NaN counts as the largest; equal elements keep their order. Negative dimensions count from the last.
  ///
  /// An element of the result passes its gradient on to the one that it is. Stops the program if there is no such dimension.
  public func sorted(axis: Int = -1, descending: Bool = false) -> (values: Tensor, indices: Indices) {
    let indices = argsort(axis: axis, descending: descending)
    return (gather(axis: axis, indices), indices)
  }

  /// The indices that sort the elements along a dimension, the last by default, of this tensor's shape; see `sorted`. Negative dimensions
  /// count from the last. Stops the program if there is no such dimension.
  public func argsort(axis: Int = -1, descending: Bool = false) -> Indices {
    let layout = AxisLayout(axis, of: shape, "argsort")
    return order(layout, descending: descending, count: layout.size)
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
    let indices = order(layout, descending: largest, count: k)
    return (gather(axis: axis, indices), indices)
  }

  /// Where the first `count` elements in order come from.
  private func order(_ layout: AxisLayout, descending: Bool, count: Int) -> Indices {
    let (size, inner) = (layout.size, layout.inner)
    var indices = [Int](repeating: 0, count: layout.outer * count * inner)
    // The element's rank in the upper half, its index in the lower: numbers that differ, so any sort keeps the order of equals.
    var keys = [UInt64](repeating: 0, count: size)
    withValues { values in
      for outer in 0..<layout.outer {
        for offset in 0..<inner {
          for index in 0..<size {
            let rank = rank(of: values[(outer * size + index) * inner + offset])
            keys[index] = UInt64(descending ? ~rank : rank) << 32 | UInt64(index)
          }
          keys.sort()
          for place in 0..<count {
            indices[(outer * count + place) * inner + offset] = Int(keys[place] & 0xffff_ffff)
          }
        }
      }
    }
    return Indices(indices, shape: layout.shape(replacing: [count]))
  }
}

/// A whole number that grows with the value; −0 and 0 have the same, and NaN has the largest.
private func rank(of value: Float) -> UInt32 {
  guard !value.isNaN else { return .max }
  let bits = (value == 0 ? 0 : value).bitPattern
  return bits >> 31 == 1 ? ~bits : bits | 0x8000_0000
}
