/// Stops the program unless both have one shape: with broadcasting, a mean over [n] and [n, 1] would be one over n² differences.
func check(_ operation: String, _ prediction: Tensor, _ target: Tensor) {
  let (wanted, found) = (prediction.shape, target.shape)
  guard wanted != found else { return }
  let sizes = wanted.map(String.init).joined(separator: ", ")
  let advice =
    wanted.elementCount == found.elementCount
    ? "; write target.reshaped(\(sizes))"
    : found.broadcast(with: wanted) == wanted
      ? "; losses do not broadcast, so write target.broadcast(to: [\(sizes)])" : ""
  stop(operation, wanted, found, "prediction and target have the same shape\(advice)")
}

extension Tensor {
  /// Stops the program at an element, a `name`, outside of `range`. NaN passes: it reaches the loss.
  func check(_ operation: String, _ name: String, in range: ClosedRange<Float>, _ advice: String) {
    withValues { values in
      func isOutside(_ value: Float) -> Bool { value < range.lowerBound || value > range.upperBound }
      // Without a branch per element, which is faster.
      guard values.reduce(0, { $0 | (isOutside($1) ? 1 : 0) }) != 0 else { return }
      let index = values.firstIndex(where: isOutside)!
      stop(operation, "the \(name) \(values[index]) at position \(index) is out of range; \(advice)")
    }
  }

  /// Stops the program at a row of probabilities [n, classes] with a sum that is not 1 within 10⁻³, or 10⁻² in 16 bits. NaN passes.
  func checkRowsSumToOne(_ operation: String, _ advice: String) {
    let classes = shape[1], limit = precision == .float32 ? 1e-3 : 1e-2
    withValues { values in
      for row in 0..<shape[0] {
        let sum = values[row * classes..<(row + 1) * classes].reduce(0.0) { $0 + Double($1) }
        if abs(sum - 1) > limit {
          stop(
            operation,
            "the probabilities of row \(row) have the sum \(Float(sum)); it must be 1 within \(limit); \(advice)")
        }
      }
    }
  }
}
