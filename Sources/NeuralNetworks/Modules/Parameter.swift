import Autodiff

/// A tensor that an optimizer trains: a weight or a bias.
///
/// A module holds it in a property. It has no value until the model is initialized, since its first values come from a random
/// stream that is named by the seed and the parameter's path in the model.
public final class Parameter {
  /// The sizes of the dimensions; for weights [outputs, inputs].
  public let shape: Shape
  /// The distribution of the first values.
  public let initializer: Initializer
  package let fan: Fan
  @exclusivity(unchecked) private var tensor: Tensor?
  /// The tape node of all values of the parameter.
  private let node: Node
  let gradientHooks: ParameterHooks

  /// Where the value comes from, but for changes by optimizers; nil before there is one.
  @exclusivity(unchecked) package private(set) var source: ParameterSource?
  /// How often `value` was read.
  @exclusivity(unchecked) private(set) var useCount = 0
  /// Whether a module that does not hold it computes with it, as `SpectralNorm` does with its layer's.
  package internal(set) var isUsedElsewhere = false
  /// The number of optimizers that hold it.
  @exclusivity(unchecked) package internal(set) var optimizerCount = 0

  /// The path in the model that was last initialized, such as `blocks.3.1.weight`; empty before.
  public internal(set) var path = ""

  /// A parameter without a value. `fan`, the numbers of inputs and outputs by which initializers scale, is by default that of
  /// the shape [outputs, inputs, …].
  public init(_ shape: Shape, initializer: Initializer, fan: Fan? = nil) {
    self.shape = shape
    self.initializer = initializer
    self.fan = fan ?? Fan(of: shape)
    // The leaf's elements are never read.
    let leaf = Tensor(shape: shape, buffer: Buffer(count: 0)).requiringGradient()
    node = leaf.node!
    gradientHooks = ParameterHooks(leaf)
    node.owner = self
  }

  // The tape may outlive the parameter.
  deinit { node.owner = nil }

  /// The parameter that a leaf of the tape belongs to; nil if it is that of another tensor.
  package static func owner(of leaf: Node) -> Parameter? { leaf.owner as? Parameter }

  /// The number of the thread's last backward pass that reached it; 0 before the first.
  package var lastBackwardPass: Int64 { node.pass }

  /// The current value, of shape `shape`, as a leaf of the tape. Stops the program if the model has not been initialized.
  public var value: Tensor {
    useCount &+= 1
    return observedValue
  }

  /// The value, for what observes the parameter and does not compute with it.
  package var observedValue: Tensor {
    guard let tensor else { stopWithoutValue() }
    return tensor
  }

  private func stopWithoutValue() -> Never {
    stop(
      "parameter",
      "\(path.isEmpty ? "a parameter of shape \(shape)" : path) has no value yet; "
        + "call initialize(seed:) on the model first")
  }

  /// dL/d(parameter), summed over the backward passes since the optimizer's last step; nil if there was none. Stops the program
  /// if a tensor of another shape is assigned.
  public var gradient: Tensor? {
    get { node.gradient }
    set {
      if let newValue, newValue.shape != shape {
        stop("parameter \(path)", newValue.shape, shape, "a gradient must have the parameter's shape")
      }
      node.gradient = newValue?.castWithoutTape(to: .float32).offTape
    }
  }

  /// Assigns a value. Stops the program if its shape is not the parameter's.
  public func set(_ value: Tensor) { set(value, from: .assigned) }

  /// Assigns first values by an initializer, from the random stream that seed and path name.
  package func initialize(by initializer: Initializer, seed: UInt64, path: String) {
    set(initializer.value(shape, fan, seed: seed, path: path), from: .initialized)
  }

  /// As above, noting where the value comes from; nil leaves that as it is.
  func set(_ value: Tensor, from source: ParameterSource?) {
    if let source { self.source = source }
    guard value.shape == shape else {
      stop("parameter \(path)", value.shape, shape, "a value must have the parameter's shape")
    }
    tensor = value.alias(at: node)
  }

  /// Calls `body` with the elements, to be changed in place. Tensors that were read from `value` before do not change.
  func update(_ body: (UnsafeMutablePointer<Float>) -> Void) {
    if tensor == nil { stopWithoutValue() }
    if !isKnownUniquelyReferenced(&tensor) || !tensor!.ownsItsMemory() { tensor = tensor!.copied().alias(at: node) }
    body(tensor!.elements)
  }
}

/// Where the value of a parameter comes from.
package enum ParameterSource: String {
  /// Its initializer.
  case initialized
  /// A file of weights.
  case loaded
  /// The program, by `Parameter.set`.
  case assigned
}

/// The hooks on a parameter's gradient, called once per backward pass before the gradient is added to `gradient`.
final class ParameterHooks {
  private let leaf: Tensor
  private var list = LiveList<AttachedHook>(where: \.isAttached)
  /// The hook at the leaf that calls those of the list; nil while there are none.
  private var handle: HookHandle?

  init(_ leaf: Tensor) { self.leaf = leaf }

  /// The hooks that have not been removed, in the order in which they are called.
  var all: [AttachedHook] { list.all }

  /// Takes over the whole gradient in `backward()`, which then does not add it to `Parameter.gradient`.
  var gradientTaker: ((_ gradient: Tensor) -> Void)? {
    get { leaf.node!.gradientTaker }
    set { leaf.node!.gradientTaker = newValue }
  }

  func append(_ hook: AttachedHook) {
    list.append(hook, first: hook.options.contains(.first))
    attachIfNeeded()
  }

  /// Called after a hook was marked as no longer attached.
  func noteRemoval() {
    list.noteRemoval()
    detachIfEmpty()
  }

  /// Takes all hooks.
  func takeAll() -> [AttachedHook] {
    let taken = list.all
    list = LiveList(where: \.isAttached)
    detachIfEmpty()
    return taken
  }

  /// Puts hooks that were taken before those that were attached since, except those that were removed.
  func putBack(_ taken: [AttachedHook]) {
    let new = takeAll()
    list.append(contentsOf: taken.filter(\.isAttached) + new)
    attachIfNeeded()
  }

  private func detachIfEmpty() {
    guard list.isEmpty else { return }
    handle?.remove()
    handle = nil
  }

  /// Adds one hook to the leaf for all hooks of the list. The tape may outlive the parameter.
  private func attachIfNeeded() {
    guard handle == nil, !list.isEmpty else { return }
    handle = leaf.onGradient { [weak self] arrived in
      guard let self else { return nil }
      var replacement: Tensor?
      for hook in list.all where hook.isAttached {
        let gradient = replacement ?? arrived
        if let new = hook.call(HookedTensor(), gradient, gradient) { replacement = new }
      }
      return replacement
    }
  }
}

/// The numbers of inputs per output and of outputs per input of a layer, by which initializers scale.
public struct Fan: Sendable, Hashable {
  /// The number of inputs per output.
  public let inputs: Int
  /// The number of outputs per input.
  public let outputs: Int

  /// A fan whose numbers do not follow from the weight's shape.
  public init(inputs: Int, outputs: Int) {
    self.inputs = inputs
    self.outputs = outputs
  }

  /// The fan of a weight [outputs, inputs, …]; further dimensions, those of a convolution's kernel, multiply both numbers. A
  /// vector has as many inputs as elements.
  public init(of shape: Shape) {
    let kernel = shape.dropFirst(2).reduce(1, *)
    inputs = (shape.count > 1 ? shape[1] : shape.first ?? 1) * kernel
    outputs = (shape.first ?? 1) * kernel
  }
}
