// Parts of tensors in other places.

/// Tensors of one shape along a new dimension, the first by default: three of [4, 5] along 1 are [4, 3, 5]. Negative dimensions count from
/// the last of the result. The result has the tensors' precision, Float32 where they differ.
///
/// Stops the program if there is no tensor, their shapes differ, or the result has no such dimension.
public func stacked(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
  guard let shape = tensors.first?.shape else { stop("stacked", "there is no tensor") }
  if let other = tensors.first(where: { $0.shape != shape }) {
    stop("stacked", shape, other.shape, "all have the same shape")
  }
  let place = axis < 0 ? axis + shape.count + 1 : axis
  guard 0...shape.count ~= place else {
    stop("stacked", "no dimension \(axis) in a stack of tensors of shape \(shape)")
  }
  let single = Shape(shape.prefix(place) + [1] + shape.dropFirst(place))
  return concatenated(tensors.map { $0.reshaped(single) }, axis: place)
}

extension Tensor {
  /// Parts of the given sizes one after the other along a dimension, the reverse of `concatenated`: [n, 7] along 1 in sizes [2, 5] are
  /// [n, 2] and [n, 5]. Negative dimensions count from the last. Stops the program if there is no such dimension, a size is
  /// negative, or they don't add up to the dimension's.
  public func split(axis: Int, sizes: [Int]) -> [Tensor] {
    let layout = AxisLayout(axis, of: shape, "split")
    guard sizes.allSatisfy({ 0...layout.size ~= $0 }), sizes.reduce(0, +) == layout.size else {
      stop("split", "the sizes \(sizes) don't add up to \(layout.size), dimension \(axis) of the shape \(shape)")
    }
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return sliced(layout.axis, start..<start + size)
    }
  }

  /// Equal parts one after the other along a dimension: [n, 6] along 1 in 3 parts are three of [n, 2]. Negative dimensions count from the
  /// last. Stops the program if there is no such dimension, or its size is no multiple of the number of parts.
  public func split(axis: Int, parts: Int) -> [Tensor] {
    let size = AxisLayout(axis, of: shape, "split").size
    guard parts >= 1, size % parts == 0 else {
      stop("split", "\(parts) equal parts of \(size), dimension \(axis) of the shape \(shape)")
    }
    return split(axis: axis, sizes: Array(repeating: size / parts, count: parts))
  }

  /// The elements in reverse order along the given dimensions, in the same shape. Negative dimensions count from the last. Stops the
  /// program if there is no such dimension.
  public func flipped(axes: [Int]) -> Tensor {
    let axes = normalized(axes, "flipped")
    var strides = shape.strides, first = 0
    for axis in axes where shape[axis] > 0 {
      first += Int(strides[axis]) * (shape[axis] - 1)
      strides[axis] = -strides[axis]
    }
    let output = strided(by: strides, from: first, to: shape).castWithoutTape(to: precision)
    return record(output, from: self) { [node] gradient, pass in
      pass.add(gradient.flipped(axes: Array(axes)), to: node)
    }
  }

  /// The elements moved by `shift` along a dimension, in the same shape; those that leave it at the end come back at the beginning, as
  /// `torch.roll`: [1, 2, 3] by 1 is [3, 1, 2]. Negative dimensions count from the last. Stops the program if there is no such
  /// dimension.
  public func rolled(by shift: Int, axis: Int) -> Tensor {
    let layout = AxisLayout(axis, of: shape, "rolled")
    let moved = layout.size == 0 ? 0 : shift % layout.size
    guard moved != 0 else { return identity() }
    let start = layout.size - (moved < 0 ? moved + layout.size : moved)
    return concatenated(
      [sliced(layout.axis, start..<layout.size), sliced(layout.axis, 0..<start)], axis: layout.axis)
  }

  /// The matrices [rows, columns] of the last two dimensions with 0 above a diagonal, in the same shape: elements stay where column −
  /// row ≤ `diagonal`, which is 0, the main one, by default. As `torch.tril`.
  ///
  /// Of ones it makes a mask: `Tensor(repeating: 1, shape: [n, n]).lowerTriangle()` lets position i attend to 0, …, i. Stops the program if
  /// there are less than two dimensions.
  public func lowerTriangle(diagonal: Int = 0) -> Tensor {
    masked(self, by: triangle("lowerTriangle") { row, column in column - row <= diagonal })
  }

  /// The matrices [rows, columns] of the last two dimensions with 0 below a diagonal, in the same shape: elements stay where column −
  /// row ≥ `diagonal`, which is 0, the main one, by default. As `torch.triu`. Stops the program if there are less than two
  /// dimensions.
  public func upperTriangle(diagonal: Int = 0) -> Tensor {
    masked(self, by: triangle("upperTriangle") { row, column in column - row >= diagonal })
  }

  /// A matrix that is 1 where it holds, otherwise 0.
  private func triangle(_ operation: String, _ isKept: (_ row: Int, _ column: Int) -> Bool) -> Tensor {
    guard shape.count >= 2 else { stop(operation, "a matrix or a stack of them is needed, not the shape \(shape)") }
    let rows = shape[shape.count - 2], columns = shape[shape.count - 1]
    return Tensor(shape: [rows, columns]) { elements in
      for row in 0..<rows {
        for column in 0..<columns { elements[row * columns + column] = isKept(row, column) ? 1 : 0 }
      }
    }
  }
}
