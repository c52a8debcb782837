import CKernels

/// Where in a tensor each element of another has its place.
final class GatherIndices {
  let pointer: UnsafeMutablePointer<Int32>
  private let memory: Buffer

  /// GatherIndices for `count` elements, not yet written.
  init(count: Int) {
    memory = Buffer(count: count)
    pointer = UnsafeMutableRawPointer(memory.pointer).assumingMemoryBound(to: Int32.self)
  }
}

/// Zeros, with each element of `x` added at its place.
func scattered(_ x: Tensor, _ places: GatherIndices, to shape: Shape) -> Tensor {
  let output = Tensor(repeating: 0, shape: shape)
  scatter_add(x.buffer.pointer, places.pointer, output.elements, x.elementCount)
  return record(output.castWithoutTape(to: x.precision), from: x) { gradient, pass in
    pass.add(gathered(gradient, places, to: x.shape), to: x)
  }
}

/// The elements of `x` at some places.
func gathered(_ x: Tensor, _ places: GatherIndices, to shape: Shape) -> Tensor {
  let output = Buffer(count: shape.elementCount)
  gather(x.buffer.pointer, places.pointer, output.pointer, shape.elementCount)
  return record(Tensor(shape: shape, buffer: output).castWithoutTape(to: x.precision), from: x) { gradient, pass in
    pass.add(scattered(gradient, places, to: x.shape), to: x)
  }
}

extension Tensor {
  /// Rows of a matrix: `indices` holds whole numbers from 0 ..< rows, and each is replaced by that row: [n, …] to
  /// [n, …, columns]. Stops at a number that names no row.
  public func take(rows indices: Tensor) -> Tensor {
    guard shape.count == 2 else { stop("take(rows:)", "a matrix is needed, not the shape \(shape)") }
    guard elementCount <= Int32.max else { stop("take(rows:)", "\(shape) has more elements than can be numbered") }
    let columns = shape[1], places = GatherIndices(count: indices.elementCount * columns)
    indices.withValues { indices in
      for (place, index) in indices.enumerated() {
        guard index >= 0, index < Float(shape[0]), index == index.rounded() else {
          stop("take(rows:)", "\(index) at place \(place) names no row, they are 0 to \(shape[0] - 1)")
        }
        let first = Int32(index) * Int32(columns)
        for column in 0..<columns { places.pointer[place * columns + column] = first + Int32(column) }
      }
    }
    return gathered(self, places, to: Shape(Array(indices.shape) + [columns]))
  }
}
