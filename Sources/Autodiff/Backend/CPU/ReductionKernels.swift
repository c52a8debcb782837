import CKernels

extension Tensor {
  /// The sum of all elements, in Float64.
  func sumOfElements() -> Double { withFloat32 { sum_all($0, elementCount) } }

  /// The sums over the dimensions in which `target`, which broadcasts to this shape, is repeated; a new tensor, not on the tape.
  func sums(to target: Shape) -> Tensor {
    let output = Buffer(shape: target)
    guard elementCount > 0 else {
      output.fill(with: 0, count: target.elementCount)
      return Tensor(shape: target, buffer: output)
    }
    withFloat32 { x in
      // The bias of a layer, for which no strides need be compared.
      if shape.count == 2, target.count == 1, target[0] == shape[1] {
        return sum_columns(x, output.pointer, shape[0], shape[1])
      }
      let strides = target.strides(broadcastTo: shape)
      let iterator = StridedIterator(over: shape, strides, strides)
      switch (iterator.sizes.count, iterator.first) {
      case (1, [0]): output.pointer[0] = Float(sum_all(x, elementCount))
      case (2, [0, 1]): sum_columns(x, output.pointer, Int(iterator.sizes[0]), Int(iterator.sizes[1]))
      case (2, [1, 0]): sum_rows(x, output.pointer, Int(iterator.sizes[0]), Int(iterator.sizes[1]))
      default:
        let count = target.elementCount, rank = Int32(iterator.sizes.count)
        guard sum_strided(x, output.pointer, count, iterator.first, iterator.sizes, rank) != 0 else {
          stopWithoutMemory(bytes: 8 * count, for: "sums of shape \(target) in Float64")
        }
      }
    }
    return Tensor(shape: target, buffer: output)
  }

  /// The elements read by `strides` over the sizes of `target`, from the element `first` on: transposition, reversal and broadcasting.
  /// A new tensor in Float32, not on the tape.
  func strided(by strides: [Int64], from first: Int = 0, to target: Shape) -> Tensor {
    let output = Buffer(shape: target)
    guard target.elementCount > 0 else { return Tensor(shape: target, buffer: output) }
    withFloat32 { x in
      if strides.isEmpty {
        output.pointer[0] = x[0]
      } else {
        copy_strided(x + first, strides, output.pointer, target.map(Int64.init), Int32(strides.count))
      }
    }
    return Tensor(shape: target, buffer: output)
  }

  /// This tensor repeated to the shape `target`, to which it broadcasts; a new tensor in Float32, not on the tape.
  func repeated(to target: Shape) -> Tensor {
    let output = Buffer(shape: target)
    if target.elementCount > 0 {
      let strides = shape.strides(broadcastTo: target)
      let iterator = StridedIterator(over: target, strides, strides)
      withFloat32 { copy_strided($0, iterator.first, output.pointer, iterator.sizes, Int32(iterator.sizes.count)) }
    }
    return Tensor(shape: target, buffer: output)
  }

  /// The index of the largest element of each row of a matrix; the first of equals, a NaN before all.
  func indicesOfLargestInRows() -> [Int] {
    var indices = [Int64](repeating: 0, count: shape[0])
    withFloat32 { argmax_rows($0, &indices, shape[0], shape[1]) }
    return indices.map(Int.init)
  }
}
