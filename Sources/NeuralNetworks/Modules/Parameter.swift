import Autodiff

/// A tensor that training changes: a weight or a bias.
///
/// It has no value until the model that holds it is initialized, since its numbers come from a stream that is named by the
/// seed and the parameter's path in that model.
public final class Parameter {
  /// The sizes of the dimensions; for weights [outputs, inputs].
  public let shape: Shape
  /// Where the first values come from.
  public let initializer: Initializer
  let fan: Fan
  @exclusivity(unchecked) private var tensor: Tensor?
  /// The place on the tape of every value that it has.
  private let place: Node
  let gradientHooks: ParameterHooks

  /// The path in the model that was initialized last, such as `blocks.3.1.weight`.
  public internal(set) var path = ""

  /// A parameter without a value. The number of inputs and outputs that the initializer scales by is read off the shape
  /// [outputs, inputs, …] unless `fan` says otherwise.
  public init(_ shape: Shape, initializer: Initializer, fan: Fan? = nil) {
    self.shape = shape
    self.initializer = initializer
    self.fan = fan ?? Fan(of: shape)
    // Its elements are never used.
    let leaf = Tensor(shape: shape, buffer: Buffer(count: 0)).requiringGradient()
    place = leaf.node!
    gradientHooks = ParameterHooks(leaf)
  }

  /// The current value. Stops if there is none yet.
  public var value: Tensor {
    guard let tensor else { stopWithoutValue() }
    return tensor
  }

  private func stopWithoutValue() -> Never {
    stop(
      "parameter",
      "\(path.isEmpty ? "a parameter of shape \(shape)" : path) has no value yet; "
        + "call initialize(seed:) on the model first")
  }

  /// Whether the parameter has a value.
  public var isInitialized: Bool { tensor != nil }

  /// dL/d(parameter), summed over backward passes since the optimizer's last step; nil before the first. Stops if one is set
  /// that has not the parameter's shape.
  public var gradient: Tensor? {
    get { place.gradient }
    set {
      if let newValue, newValue.shape != shape {
        stop("parameter \(path)", newValue.shape, shape, "a gradient has the parameter's shape")
      }
      place.gradient = newValue?.castWithoutTape(to: .float32).offTape
    }
  }

  /// Gives the parameter a value of its shape.
  public func set(_ value: Tensor) {
    guard value.shape == shape else {
      stop("parameter \(path)", value.shape, shape, "a value has the parameter's shape")
    }
    tensor = value.alias(at: place)
  }

  /// Calls `body` with the elements to be changed in place. Whoever holds an earlier `value` keeps it as it was.
  func update(_ body: (UnsafeMutablePointer<Float>) -> Void) {
    if tensor == nil { stopWithoutValue() }
    if !isKnownUniquelyReferenced(&tensor) || !tensor!.ownsItsMemory() { tensor = tensor!.copied().alias(at: place) }
    body(tensor!.elements)
  }
}

/// The hooks that see and replace a parameter's gradient of each backward pass, before it is added to `gradient`.
final class ParameterHooks {
  private let leaf: Tensor
  private var isWaiting = false
  var list: [AttachedHook] = [] { didSet { waitOnce() } }

  init(_ leaf: Tensor) { self.leaf = leaf }

  /// The tape may outlive the parameter, and its leaf is there for good: it waits for one list, once.
  private func waitOnce() {
    guard !isWaiting else { return }
    isWaiting = true
    leaf.addGradientHook { [weak self] arrived in
      guard let self else { return nil }
      var replacement: Tensor?
      for hook in list {
        let gradient = replacement ?? arrived
        if let new = hook.look(CallPlace(), gradient, gradient) { replacement = new }
      }
      return replacement
    }
  }
}

/// How many inputs each output of a layer has, and how many outputs each input reaches.
public struct Fan: Sendable, Hashable {
  /// Inputs of each output.
  public let inputs: Int
  /// Outputs that each input reaches.
  public let outputs: Int

  /// A fan of one’s own.
  public init(inputs: Int, outputs: Int) {
    self.inputs = inputs
    self.outputs = outputs
  }

  /// Of a weight [outputs, inputs, …], where further dimensions, a convolution's window, multiply both. A vector has as many
  /// inputs as elements.
  public init(of shape: Shape) {
    let window = shape.dropFirst(2).reduce(1, *)
    inputs = (shape.count > 1 ? shape[1] : shape.first ?? 1) * window
    outputs = (shape.first ?? 1) * window
  }
}
