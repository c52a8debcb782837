import Autodiff

extension Tensor {
  /// The first of the tensors that are stacked along the outermost dimension; the memory is shared.
  func first(_ count: Int) -> Tensor {
    Tensor(shape: shape.replacingFirst(by: count), buffer: storage)
  }

  /// The tensors from `start` to `end` of those that are stacked along the outermost dimension, or the tensor itself.
  func slice(_ start: Int, _ end: Int) -> Tensor {
    guard start > 0 else { return end == shape[0] ? self : first(end) }
    let size = elementCount / shape[0]
    return Tensor(shape: shape.replacingFirst(by: end - start)) { elements in
      withValues { _ = elements.update(fromContentsOf: $0[start * size..<end * size]) }
    }
  }
}

/// Σ x² over each of equally long rows.
func rowSquares(_ x: Tensor, rows: Int) -> [Double] {
  x.rowSquares(rows: rows)
}

/// Σ a b over each of equally long rows; b may be one row, which then is every row's.
func rowProducts(_ a: Tensor, _ b: Tensor, rows: Int) -> [Double] {
  a.rowProducts(with: b, rows: rows)
}

/// The sums of what belongs to each of the samples, which lie one behind the other.
func sums(of values: [Double], _ samples: Int) -> [Double] {
  let places = values.count / samples
  guard places > 1 else { return values }
  return (0..<samples).map { values[$0 * places..<($0 + 1) * places].reduce(0, +) }
}

extension [Double] {
  mutating func add(_ other: [Double]) { for index in indices { self[index] += other[index] } }
}
