import Autodiff

extension Tensor {
  /// The first `count` elements along the first dimension; the memory is shared.
  func first(_ count: Int) -> Tensor {
    Tensor(shape: shape.replacingFirst(by: count), buffer: storage)
  }

  /// The elements `start..<end` along the first dimension. The memory is shared where `start` is 0.
  func slice(_ start: Int, _ end: Int) -> Tensor {
    guard start > 0 else { return end == shape[0] ? self : first(end) }
    let size = elementCount / shape[0]
    return Tensor(shape: shape.replacingFirst(by: end - start)) { elements in
      withValues { _ = elements.update(fromContentsOf: $0[start * size..<end * size]) }
    }
  }
}

/// Σ x² of each of `rows` equally long rows.
func rowSquares(_ x: Tensor, rows: Int) -> [Double] {
  x.rowSquares(rows: rows)
}

/// Σ a b of each of `rows` equally long rows; b may be a single row, which is used for every row of a.
func rowProducts(_ a: Tensor, _ b: Tensor, rows: Int) -> [Double] {
  a.rowProducts(with: b, rows: rows)
}

/// The sum of each sample's values, where `values` are [samples, positions].
func sums(of values: [Double], _ samples: Int) -> [Double] {
  let positions = values.count / samples
  guard positions > 1 else { return values }
  return (0..<samples).map { values[$0 * positions..<($0 + 1) * positions].reduce(0, +) }
}

extension [Double] {
  mutating func add(_ other: [Double]) { for index in indices { self[index] += other[index] } }
}
