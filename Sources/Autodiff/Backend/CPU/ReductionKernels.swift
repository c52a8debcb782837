import CKernels

extension Tensor {
  /// The sum of all elements, in Float64.
  func sumOfElements() -> Double { withFloat32 { sumOfAll($0, elementCount) } }

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
        return sumColumns(x, output.pointer, rows: shape[0], shape[1])
      }
      let strides = target.strides(broadcastTo: shape)
      let iterator = StridedIterator(over: shape, strides, strides)
      switch (iterator.sizes.count, iterator.first) {
      case (1, [0]): output.pointer[0] = Float(sumOfAll(x, elementCount))
      case (2, [0, 1]): sumColumns(x, output.pointer, rows: Int(iterator.sizes[0]), Int(iterator.sizes[1]))
      case (2, [1, 0]):
        let columns = Int(iterator.sizes[1])
        inChunks(of: Int(iterator.sizes[0]), width: columns) {
          sum_rows(x + $0.lowerBound * columns, output.pointer + $0.lowerBound, $0.count, columns)
        }
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
        StridedIterator(over: target, strides, strides).copy(x + first, to: output, of: target)
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
      withFloat32 { iterator.copy($0, to: output, of: target) }
    }
    return Tensor(shape: target, buffer: output)
  }

  /// The index of the largest element of each row of a matrix; the first of equals, a NaN before all.
  func indicesOfLargestInRows() -> [Int] {
    let (rows, columns) = (shape[0], shape[1])
    return [Int](unsafeUninitializedCapacity: rows) { indices, count in
      count = rows
      guard let indices = indices.baseAddress else { return }
      withFloat32 { x in
        inChunks(of: rows, width: columns) {
          argmax_rows(x + $0.lowerBound * columns, indices + $0.lowerBound, $0.count, columns)
        }
      }
    }
  }
}

private func sumOfAll(_ x: UnsafePointer<Float>, _ count: Int) -> Double {
  reducedInChunks(of: count) {
    sum_all(x + $0.lowerBound, $0.count)
  } join: {
    $0 += $1
  }
}

private func sumColumns(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, rows: Int, _ columns: Int) {
  let few = rows_summed_in_float
  guard rows > few else {
    return inChunks(of: columns, width: rows) {
      sum_few_columns(x + $0.lowerBound, y + $0.lowerBound, rows, columns, $0.count)
    }
  }
  let total = reducedInChunks(of: (rows + few - 1) / few, width: few * columns) { blocks in
    let first = blocks.lowerBound * few
    var total = [Double](repeating: 0, count: columns)
    add_column_sums(x + first * columns, &total, Swift.min(blocks.upperBound * few, rows) - first, columns)
    return total
  } join: { sum, part in
    for column in 0..<columns { sum[column] += part[column] }
  }
  for column in 0..<columns { y[column] = Float(total[column]) }
}

extension StridedIterator {
  /// Calls `body` with ranges of the outermost dimension, the number of elements of the shape before each, and the sizes of that part.
  @inline(__always)
  func inChunks(of shape: Shape, _ body: (Range<Int>, Int, [Int64]) -> Void) {
    let outermost = Int(sizes[0]), width = shape.elementCount / outermost
    Autodiff.inChunks(of: outermost, width: width) { range in
      guard range.count < outermost else { return body(range, 0, sizes) }
      body(range, range.lowerBound * width, [Int64(range.count)] + sizes.dropFirst())
    }
  }

  /// Copies elements that are read by the first strides.
  fileprivate func copy(_ x: UnsafePointer<Float>, to output: Buffer, of shape: Shape) {
    inChunks(of: shape) { range, written, sizes in
      copy_strided(
        x + range.lowerBound * Int(first[0]), first, output.pointer + written, sizes, Int32(sizes.count))
    }
  }
}
