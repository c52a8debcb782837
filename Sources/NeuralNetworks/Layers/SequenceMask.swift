import Autodiff

/// A mask of sequences that are padded to one length: [n, length], 1 at the first `lengths[i]` positions of row i and 0 after them.
///
/// `length` is the largest of the lengths by default. Recurrent layers take it as `lstm(x, mask)`, and `AttentionMask` makes it of its key
/// lengths. Stops the program if a
/// length is negative or above `length`.
public func sequenceMask(_ lengths: [Int], length: Int? = nil) -> Tensor {
  let columns = length ?? lengths.max() ?? 0
  if let wrong = lengths.first(where: { !(0...max(columns, 0)).contains($0) }) {
    stop("sequenceMask", "a sequence of length \(wrong) does not fit; lengths are from 0 to \(columns)")
  }
  return Tensor(shape: [lengths.count, columns]) { mask in
    for (row, length) in lengths.enumerated() {
      for column in 0..<columns { mask[row * columns + column] = column < length ? 1 : 0 }
    }
  }
}
