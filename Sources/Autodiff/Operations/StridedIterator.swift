/// The way through the memory of two operands of one shape, with neighbouring dimensions merged where both allow it: equal shapes
/// and scalars become one long row, a row added to a matrix two dimensions.
struct StridedIterator {
  private(set) var sizes: [Int64] = []
  private(set) var first: [Int64] = []
  private(set) var second: [Int64] = []

  init(over shape: Shape, _ firstStrides: [Int64], _ secondStrides: [Int64]) {
    for axis in 0..<shape.count where shape[axis] != 1 {
      let size = Int64(shape[axis]), a = firstStrides[axis], b = secondStrides[axis]
      if let last = sizes.last, first.last == a * size, second.last == b * size {
        sizes[sizes.count - 1] = last * size
        first[first.count - 1] = a
        second[second.count - 1] = b
      } else {
        sizes.append(size)
        first.append(a)
        second.append(b)
      }
    }
    if sizes.isEmpty { (sizes, first, second) = ([1], [1], [1]) }
  }
}
