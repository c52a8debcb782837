/// Which two features of a vector a rotary embedding turns together.
public enum RotaryPairing: String, Sendable {
  /// Feature i and feature i + width / 2, as in GPT-NeoX and in most published weights of LLaMA.
  case halves
  /// Feature 2 i and feature 2 i + 1, as first published.
  case interleaved
}

/// Turns each pair of features (a, b) by an angle: to (a cos − b sin, a sin + b cos), in Float32.
///
/// x [n, …, width] and the result of the same shape and precision; cosine and sine [pairs], with further dimensions in front that
/// broadcast to those of x, such as [length, pairs] for x [n, heads, length, width]. The first 2 · pairs features are turned, the others
/// stay.
///
/// Stops the program if cosine and sine have different shapes, don't broadcast to x, or have more than width / 2 pairs.
///
/// Source: Su et al., "RoFormer: enhanced transformer with rotary position embedding", 2021, arXiv:2104.09864.
public func rotaryEmbedding(
  _ x: Tensor, cosine: Tensor, sine: Tensor, pairing: RotaryPairing = .halves
) -> Tensor {
  guard let width = x.shape.last, let pairs = cosine.shape.last, 2 * pairs <= width else {
    stop("rotaryEmbedding", x.shape, cosine.shape, "the last dimension of x has at least two features for each angle")
  }
  let turnedShape = Shape(x.shape.dropLast() + [pairs])
  guard cosine.shape == sine.shape, cosine.shape.broadcast(with: turnedShape) == turnedShape else {
    stop("rotaryEmbedding", cosine.shape, turnedShape, "each size of cosine and sine is that of x or 1")
  }
  let axis = pairing == .halves ? -2 : -1
  let pairShape = Shape(x.shape.dropLast() + (pairing == .halves ? [2, pairs] : [pairs, 2]))
  let turned = (2 * pairs == width ? x : x.sliced(-1, 0..<2 * pairs)).cast(to: .float32)
  let halves = turned.reshaped(pairShape).split(axis: axis, parts: 2).map { $0.reshaped(turnedShape) }
  let (a, b) = (halves[0], halves[1])
  let result = stacked([a * cosine - b * sine, a * sine + b * cosine], axis: axis)
    .reshaped(turned.shape).cast(to: x.precision)
  return 2 * pairs == width ? result : concatenated([result, x.sliced(-1, 2 * pairs..<width)], axis: -1)
}
