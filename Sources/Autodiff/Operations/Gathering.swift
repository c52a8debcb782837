/// Zeros of the given shape, with each element of `x` added at its index.
func scattered(_ x: Tensor, _ indices: GatherIndices, to shape: Shape) -> Tensor {
  record(x.scatteredWithoutTape(indices, to: shape), from: x) { gradient, pass in
    pass.add(gathered(gradient, indices, to: x.shape), to: x)
  }
}

/// The elements of `x` at the indices.
func gathered(_ x: Tensor, _ indices: GatherIndices, to shape: Shape) -> Tensor {
  record(x.gatheredWithoutTape(indices, to: shape), from: x) { gradient, pass in
    pass.add(scattered(gradient, indices, to: x.shape), to: x)
  }
}

extension Tensor {
  /// The rows of a matrix [rows, columns] that `indices` [n, …] names, [n, …, columns]. Indices are whole numbers from 0 to
  /// rows − 1. Gradients of rows that are taken several times are added.
  ///
  /// Stops the program if this tensor is no matrix, or an index is no whole number in that range.
  public func take(rows indices: Tensor) -> Tensor {
    guard shape.count == 2 else { stop("take(rows:)", "a matrix is needed, not the shape \(shape)") }
    guard elementCount <= Int32.max else { stop("take(rows:)", "\(shape) has more elements than can be numbered") }
    let rows = shape[0], columns = shape[1]
    let elements = GatherIndices(count: indices.elementCount * columns) { elements in
      indices.withValues { indices in
        for (position, index) in indices.enumerated() {
          guard index >= 0, index < Float(rows), index == index.rounded() else {
            stop("take(rows:)", "the index \(index) at position \(position) is no row; rows are 0 to \(rows - 1)")
          }
          let first = Int32(index) * Int32(columns)
          for column in 0..<columns { elements[position * columns + column] = first + Int32(column) }
        }
      }
    }
    return gathered(self, elements, to: Shape(Array(indices.shape) + [columns]))
  }
}
