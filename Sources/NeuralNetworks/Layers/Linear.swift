import Autodiff

/// A fully connected layer.
///
/// y = x Wᵀ + b, with x [n, inputs], W [outputs, inputs], b [outputs], y [n, outputs].
///
/// Without an initializer, W and b begin as U(±1/√inputs), as in PyTorch. With one, it sets W, and b begins as 0, unless it has an
/// initializer of its own.
public final class Linear: Module {
  /// W, [outputs, inputs].
  public let weight: Parameter
  /// b, [outputs]; nil for a layer without bias.
  public let bias: Parameter?
  private let inputs: Int
  private let outputs: Int
  /// Whether it is called in many steps of one computation, as in a recurrence.
  var isRepeated = false

  /// A layer from `inputs` to `outputs` features. `initializer` is PyTorch's default if nil, and `biasInitializer` as above.
  public init(
    _ inputs: Int, _ outputs: Int, bias: Bool = true, initializer: Initializer? = nil,
    biasInitializer: Initializer? = nil
  ) {
    self.inputs = inputs
    self.outputs = outputs
    let fan = Fan(inputs: inputs, outputs: outputs)
    weight = Parameter([outputs, inputs], initializer: initializer ?? .pyTorchDefault)
    let ofBias = biasInitializer ?? (initializer == nil ? .pyTorchDefault : .zeros)
    self.bias = bias ? Parameter([outputs], initializer: ofBias, fan: fan) : nil
  }

  /// A layer with these parameters, W [outputs, inputs] and b [outputs].
  init(weight: Parameter, bias: Parameter) {
    (outputs, inputs) = (weight.shape[0], weight.shape[1])
    (self.weight, self.bias) = (weight, bias)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    linear(x, weight: weight.value, bias: bias?.value, isRepeated: isRepeated)
  }

  public override var details: String { "\(inputs) → \(outputs)" }
}
