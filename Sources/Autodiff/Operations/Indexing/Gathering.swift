// Elements taken and added by their positions along a dimension. Each is the transpose of another, so each is its gradient too.

extension Tensor {
  /// The rows of a matrix [rows, columns] that `indices` [n, …] names, [n, …, columns]. Indices are from 0 to rows − 1. Gradients of
  /// rows that are taken several times are added.
  ///
  /// Stops the program if this tensor is no matrix, or an index is out of range.
  public func take(rows indices: Indices) -> Tensor {
    guard shape.count == 2 else { stop("take(rows:)", "a matrix is needed, not the shape \(shape)") }
    return taken(AxisLayout(0, of: shape, "take(rows:)"), indices, "take(rows:)")
  }

  /// As above, for indices that are whole numbers in a tensor [n, …], such as a model's input. Stops the program if this tensor is no
  /// matrix, or an index is no whole number in range.
  public func take(rows indices: Tensor) -> Tensor {
    guard shape.count == 2 else { stop("take(rows:)", "a matrix is needed, not the shape \(shape)") }
    let rows = indices.withValues { indices in
      indices.enumerated().map { position, index in
        guard index >= 0, index < Float(shape[0]), index == index.rounded() else {
          stop("take(rows:)", "the index \(index) at position \(position) is no row; rows are 0 to \(shape[0] - 1)")
        }
        return Int(index)
      }
    }
    return take(rows: Indices(rows, shape: indices.shape))
  }

  /// The parts along a dimension that `indices` name, whose shape takes the place of the dimension: [n, 5, m] along 1 with indices [2, 3]
  /// is [n, 2, 3, m], as `numpy.take`. Negative dimensions count from the last. Gradients of parts that are taken several times are
  /// added.
  ///
  /// Stops the program if there is no such dimension, or an index is out of range.
  public func take(axis: Int, _ indices: Indices) -> Tensor {
    taken(AxisLayout(axis, of: shape, "take"), indices, "take")
  }

  private func taken(_ layout: AxisLayout, _ indices: Indices, _ operation: String) -> Tensor {
    indices.check(operation, along: layout.axis, of: shape)
    checkPositions(operation)
    let inner = layout.inner
    let target = layout.shape(replacing: Array(indices.shape))
    let elements = GatherIndices(count: target.elementCount) { elements in
      var position = 0
      for outer in 0..<layout.outer {
        for index in indices.values {
          let first = Int32((outer * layout.size + index) * inner)
          for offset in 0..<inner { elements[position + offset] = first + Int32(offset) }
          position += inner
        }
      }
    }
    return gathered(self, elements, to: target)
  }

  /// One element for each index, at the index's own place but along the given dimension at the index: along dimension 1,
  /// y[i, j] = x[i, indices[i, j]]. The indices have as many dimensions as x, and of the other dimensions at most its sizes; y has the
  /// shape of the indices. Negative dimensions count from the last. As in PyTorch.
  ///
  /// Gradients of elements that are taken several times are added. Stops the program if the shapes don't fit, or an index is out of
  /// range.
  public func gather(axis: Int, _ indices: Indices) -> Tensor {
    gathered(self, positions("gather", axis, indices), to: indices.shape)
  }

  /// x with each element of `source` added at its own place, but along the given dimension at its index: along dimension 1,
  /// y[i, indices[i, j]] += source[i, j]. Source and indices have one shape, with as many dimensions as x, and of the other
  /// dimensions at most its sizes; y has the shape of x. Negative dimensions count from the last. As in PyTorch.
  ///
  /// Stops the program if the shapes don't fit, or an index is out of range.
  public func scatterAdd(axis: Int, _ indices: Indices, _ source: Tensor) -> Tensor {
    guard source.shape == indices.shape else {
      stop("scatterAdd", source.shape, indices.shape, "there is one index for each element of the source")
    }
    return self + scattered(source, positions("scatterAdd", axis, indices), to: shape)
  }

  /// The position in this tensor of the element that each index names along a dimension.
  private func positions(_ operation: String, _ axis: Int, _ indices: Indices) -> GatherIndices {
    let layout = AxisLayout(axis, of: shape, operation), axis = layout.axis
    let sizes = indices.shape, rank = shape.count
    guard sizes.count == rank, sizes.indices.allSatisfy({ $0 == axis || sizes[$0] <= shape[$0] }) else {
      stop(
        operation, shape, sizes,
        "indices have as many dimensions as the tensor, and in all but dimension \(axis) at most its sizes")
    }
    checkPositions(operation)
    if layout.shape(replacing: [sizes[axis]]) == sizes {
      return GatherIndices(along: layout, indices.values) {
        indices.stop(operation, at: $0, along: axis, of: shape)
      }
    }
    indices.check(operation, along: axis, of: shape)
    let strides = shape.strides.map { Int($0) }
    return GatherIndices(count: indices.values.count) { elements in
      var place = [Int](repeating: 0, count: rank), first = 0
      for (position, index) in indices.values.enumerated() {
        elements[position] = Int32(first + index * strides[axis])
        // To the next place, in row-major order; `first` is its position but for the dimension.
        for dimension in stride(from: rank - 1, through: 0, by: -1) {
          let step = dimension == axis ? 0 : strides[dimension]
          place[dimension] += 1
          first += step
          if place[dimension] < sizes[dimension] { break }
          first -= step * place[dimension]
          place[dimension] = 0
        }
      }
    }
  }

  private func checkPositions(_ operation: String) {
    guard elementCount <= Int32.max else { stop(operation, "\(shape) has more elements than can be numbered") }
  }
}

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
