import Autodiff

/// The distribution of a parameter's first values.
///
/// With n inputs and m outputs, the variance of a weight is
/// He 2/n, Xavier (Glorot) 2/(n + m), LeCun 1/n, each from a normal or a uniform distribution.
///
/// An initializer of your own fills the elements of a parameter from the parameter's random stream:
///
///     let sparse = Initializer("sparse") { values, shape, fan, stream in
///       for index in values.indices { values[index] = stream.uniform() < 0.1 ? 1 / Float(fan.inputs) : 0 }
///     }
///     let layer = Linear(784, 128, initializer: sparse)
///
/// Sources: LeCun et al., "Efficient BackProp", 1998; Glorot and Bengio, "Understanding the difficulty of training deep
/// feedforward neural networks", 2010; He et al., "Delving deep into rectifiers", 2015, arXiv:1502.01852; Saxe et al.,
/// "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2013, arXiv:1312.6120.
public struct Initializer: Sendable, CustomStringConvertible {
  /// The initializer's name and settings, such as "He normal". Runs record it.
  public let description: String
  let fill:
    @Sendable (_ values: UnsafeMutableBufferPointer<Float>, _ shape: Shape, _ fan: Fan, _ stream: inout RandomStream) ->
      Void

  /// An initializer of your own. `fill` must write every element, in row-major order, from the shape, the numbers of inputs and
  /// outputs, and the random stream that seed and path name.
  public init(
    _ description: String,
    fill:
      @escaping @Sendable (
        _ values: UnsafeMutableBufferPointer<Float>, _ shape: Shape, _ fan: Fan, _ stream: inout RandomStream
      ) -> Void
  ) {
    self.description = description
    self.fill = fill
  }

  /// A tensor filled from the random stream that seed and path name.
  func value(_ shape: Shape, _ fan: Fan, seed: UInt64, path: String) -> Tensor {
    var stream = RandomStream(seed: seed, name: path)
    return Tensor(shape: shape) { fill($0, shape, fan, &stream) }
  }

  /// Normal with variance 2 / inputs: keeps the RMS of activations and gradients through layers of ReLU.
  public static let heNormal = normal("He normal") { 2 / Double($0.inputs) }
  /// Uniform with variance 2 / inputs.
  public static let heUniform = uniform("He uniform") { 2 / Double($0.inputs) }
  /// Normal with variance 2 / (inputs + outputs).
  public static let xavierNormal = normal("Xavier normal") { 2 / Double($0.inputs + $0.outputs) }
  /// Uniform with variance 2 / (inputs + outputs).
  public static let xavierUniform = uniform("Xavier uniform") { 2 / Double($0.inputs + $0.outputs) }
  /// Normal with variance 1 / inputs.
  public static let leCunNormal = normal("LeCun normal") { 1 / Double($0.inputs) }
  /// Uniform with variance 1 / inputs.
  public static let leCunUniform = uniform("LeCun uniform") { 1 / Double($0.inputs) }
  /// Uniform from −1/√inputs to 1/√inputs, variance 1 / (3 inputs): the default of PyTorch's layers. Too small for deep nets
  /// of ReLU, where gradients shrink by √(1/6) = 0.408 per layer.
  public static let pyTorchDefault = uniform("U(±1/√n)") { 1 / (3 * Double(max($0.inputs, 1))) }
  /// All zeros.
  public static let zeros = constant(0)

  /// Normal with variance `weightVariance` / inputs; mean-field theory calls it σ_w².
  public static func normal(weightVariance: Double) -> Initializer {
    normal("normal, σ_w² = \(weightVariance)") { weightVariance / Double($0.inputs) }
  }

  /// Normal with this variance, whatever the numbers of inputs and outputs; mean-field theory's σ_b² if the parameter is a bias.
  public static func normal(variance: Double) -> Initializer {
    normal("normal, variance \(variance)") { _ in variance }
  }

  /// All elements equal to `value`.
  public static func constant(_ value: Float) -> Initializer {
    Initializer("constant \(value)") { values, _, _, _ in values.update(repeating: value) }
  }

  /// A random matrix with orthogonal rows of length `gain`, or orthogonal columns if there are fewer columns than rows. The
  /// dimensions after the first count as columns. `gain` is 1 by default.
  public static func orthogonal(gain: Double = 1) -> Initializer {
    Initializer(gain == 1 ? "orthogonal" : "orthogonal, gain \(gain)") { values, shape, _, stream in
      fillOrthogonal(values, rows: shape.first ?? 1, gain: gain, from: &stream)
    }
  }

  /// This initializer, with `value` added to the elements in `range`, which are `what`.
  func adding(_ value: Float, to range: Range<Int>, _ what: String) -> Initializer {
    guard value != 0 else { return self }
    return Initializer("\(description), + \(value) at \(what)") { [fill] values, shape, fan, stream in
      fill(values, shape, fan, &stream)
      for index in range { values[index] += value }
    }
  }

  private static func normal(_ description: String, _ variance: @escaping @Sendable (Fan) -> Double) -> Initializer {
    Initializer(description) { values, _, fan, stream in
      let deviation = variance(fan).squareRoot()
      for first in stride(from: 0, to: values.count, by: 2) {
        let (a, b) = stream.normalPair()
        values[first] = Float(a * deviation)
        if first + 1 < values.count { values[first + 1] = Float(b * deviation) }
      }
    }
  }

  private static func uniform(_ description: String, _ variance: @escaping @Sendable (Fan) -> Double) -> Initializer {
    Initializer(description) { values, _, fan, stream in
      let bound = (3 * variance(fan)).squareRoot()
      for index in values.indices { values[index] = Float((2 * stream.uniform() - 1) * bound) }
    }
  }
}

/// Gram-Schmidt on random normal vectors, applied twice, so that rounding does not spoil orthogonality.
private func fillOrthogonal(
  _ values: UnsafeMutableBufferPointer<Float>, rows: Int, gain: Double, from stream: inout RandomStream
) {
  guard !values.isEmpty else { return }
  let columns = values.count / rows
  let count = min(rows, columns), length = max(rows, columns)
  var basis = [[Double]]()
  while basis.count < count {
    var vector = (0..<length).map { _ in stream.normalPair().0 }
    for _ in 0..<2 {
      for other in basis {
        var overlap = 0.0
        for i in 0..<length { overlap += vector[i] * other[i] }
        for i in 0..<length { vector[i] -= overlap * other[i] }
      }
    }
    let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    basis.append(vector.map { $0 / norm })
  }
  for row in 0..<rows {
    for column in 0..<columns {
      values[row * columns + column] = Float(gain * (rows <= columns ? basis[row][column] : basis[column][row]))
    }
  }
}
