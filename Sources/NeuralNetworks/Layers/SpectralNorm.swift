import Autodiff

/// Spectral normalization: a linear layer or a convolution whose weight is divided by its largest singular value σ, so that the weight
/// as a matrix stretches no vector.
///
/// y = (W / σ) x + b, computed as the layer's output for x / σ, which is the same since the layer is linear; so the hooks of the layer see
/// x / σ, and its parameter is W. x and y have the shapes of the layer. σ = uᵀ W v, with W as a matrix [outputs, …]; the gradient flows
/// through W but not through the unit vectors u and v, as in PyTorch. In training mode each call first takes `iterations` steps of power
/// iteration, u ← W v / ‖W v‖, v ← Wᵀ u / ‖Wᵀ u‖; the first call after `initialize(seed:)` takes 15 more. In evaluation mode, and for an
/// empty batch, u and v stay.
///
/// v begins at random; lengths count as at least ε = 10⁻¹², and there is 1 iteration by default.
///
/// Source: Miyato et al., "Spectral normalization for generative adversarial networks", 2018, arXiv:1802.05957.
public final class SpectralNorm: Module {
  /// The layer, with the parameter W.
  public let layer: Module
  /// u, [outputs]; zeros before the first call.
  public let leftVector: ModuleBuffer
  /// v, with as many elements as W has per output.
  public let rightVector: ModuleBuffer
  private let iterations: Int
  private let epsilon: Float

  /// A linear layer with a normalized weight. Stops the program unless there is at least one iteration.
  public convenience init(_ layer: Linear, iterations: Int = 1, epsilon: Float = 1e-12) {
    self.init(layer, layer.weight.shape[0], layer.weight.shape, iterations, epsilon)
  }

  /// A convolution, also a transposed one, with a normalized weight. Stops the program unless there is at least one iteration.
  public convenience init(_ layer: Convolution, iterations: Int = 1, epsilon: Float = 1e-12) {
    let shape = layer.weight.shape
    self.init(layer, shape[layer is TransposedConvolution ? 1 : 0], shape, iterations, epsilon)
  }

  private init(_ layer: Module, _ rows: Int, _ shape: Shape, _ iterations: Int, _ epsilon: Float) {
    guard iterations >= 1 else { stop("SpectralNorm", "there are \(iterations) iterations; at least one is needed") }
    self.layer = layer
    leftVector = ModuleBuffer([rows], initialValue: 0)
    rightVector = ModuleBuffer([shape.elementCount / rows], initializer: .normal(variance: 1))
    (self.iterations, self.epsilon) = (iterations, epsilon)
    super.init()
    weight.isUsedElsewhere = true
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let norm = withPrecision(.float32) {
      let matrix = matrix
      // The same vectors where a checkpointed body is computed again.
      let (u, v) = replayed { withoutGradients { vectors(of: matrix, isTraining: isTraining && x.elementCount > 0) } }
      return matmul(u.reshaped(1, -1), matmul(matrix, v.reshaped(-1, 1))).reshaped([])
    }
    return layer(x / norm)
  }

  /// W.
  private var weight: Parameter { (layer as? Convolution)?.weight ?? (layer as! Linear).weight }

  /// W, [outputs, …].
  private var matrix: Tensor {
    let weight = weight.value, turns = layer is TransposedConvolution
    let byOutput = turns ? weight.transposed(order: [1, 0] + Array(2..<weight.shape.count)) : weight
    return byOutput.reshaped([leftVector.shape[0], rightVector.shape[0]])
  }

  private func vectors(of matrix: Tensor, isTraining: Bool) -> (u: Tensor, v: Tensor) {
    var (u, v) = (leftVector.value, rightVector.value)
    let isFirst = u.values.allSatisfy { $0 == 0 }, count = (isFirst ? 15 : 0) + (isTraining ? iterations : 0)
    func unit(_ x: Tensor) -> Tensor { x / maximum(x.norm(), Tensor(epsilon)) }
    for _ in 0..<count {
      u = unit(matmul(matrix, v.reshaped(-1, 1)).reshaped(u.shape))
      v = unit(matmul(u.reshaped(1, -1), matrix).reshaped(v.shape))
    }
    if count > 0 {
      leftVector.set(u)
      rightVector.set(v)
    }
    return (u, v)
  }

  public override var details: String { iterations == 1 ? "" : "\(iterations) iterations" }
}
