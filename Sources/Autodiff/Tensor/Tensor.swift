/// An array of numbers with a shape, row-major, and its node on the tape, through which gradients flow back. Elements are Float32,
/// except of results in `withPrecision`.
///
/// A tensor's values never change. Tensors belong to the thread that uses them and are not `Sendable`.
///
///     let x = Tensor([1, 2, 3, 4], shape: [2, 2])
///     let y = (x * x).sum()      // y.value == 30
public final class Tensor {
  /// The sizes of the dimensions; `[]` for a scalar.
  public let shape: Shape

  /// The elements as they are stored.
  @exclusivity(unchecked) package private(set) var storage: Buffer

  /// The tensor's node on the tape; nil where no gradient flows to it.
  @exclusivity(unchecked) package private(set) var node: Node?

  /// The largest number of layers on any path of operations to this tensor; modules count themselves, operations pass it on.
  @exclusivity(unchecked) package var layerDepth: Int32 = 0

  /// Whether a module's call has returned this tensor: it is no tensor of its own of the modules around it.
  @exclusivity(unchecked) package var isModuleOutput = false

  package init(shape: Shape, buffer: Buffer, node: Node? = nil) {
    self.shape = shape
    storage = buffer
    self.node = node
  }

  /// How the elements are stored.
  public var precision: Precision { storage.precision }

  /// A tensor of the given shape whose elements `fill` writes, all of them; they are not initialized before.
  public convenience init(shape: Shape, fill: (UnsafeMutableBufferPointer<Float>) throws -> Void) rethrows {
    let count = shape.elementCount
    let buffer = Buffer(shape: shape)
    try fill(UnsafeMutableBufferPointer(start: buffer.pointer, count: count))
    self.init(shape: shape, buffer: buffer)
  }

  /// A tensor with the given elements in row-major order. Stops the program if there are more or fewer
  /// than the shape has.
  public convenience init(_ values: [Float], shape: Shape) {
    guard values.count == shape.elementCount else {
      stop("Tensor", "\(values.count) values for the shape \(shape), which has \(shape.elementCount) elements")
    }
    self.init(shape: shape) { elements in _ = elements.update(fromContentsOf: values) }
  }

  /// A scalar.
  public convenience init(_ value: Float) { self.init([value], shape: []) }

  /// A tensor whose elements all have one value.
  public convenience init(repeating value: Float, shape: Shape) {
    let buffer = Buffer(shape: shape)
    buffer.fill(with: value, count: shape.elementCount)
    self.init(shape: shape, buffer: buffer)
  }

  /// How many elements there are.
  public var elementCount: Int { shape.elementCount }

  /// The elements in row-major order.
  public var values: [Float] { withValues { Array($0) } }

  /// The only element. Stops the program if the tensor has none or several.
  public var value: Float {
    guard elementCount == 1 else { stop("value", "the tensor has the shape \(shape), not a single element") }
    return withFloat32 { $0[0] }
  }

  /// Calls `body` with the elements as Float32 in row-major order, which are valid only during the call.
  public func withValues<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
    try withFloat32 { try body(UnsafeBufferPointer(start: $0, count: elementCount)) }
  }
}

extension Tensor {
  /// A tensor with the same shape and elements that is not on the tape. The memory is shared. Like an
  /// input of a model it has depth 0: depths of layers that it goes into count from it.
  public func detached() -> Tensor { Tensor(shape: shape, buffer: storage) }

  /// This tensor, or where it is on the tape, one with the same elements that isn't.
  package var offTape: Tensor { node == nil ? self : detached() }

  /// A tensor with the same shape and elements whose `gradient` is accumulated by `backward()`: a leaf of the tape.
  public func requiringGradient() -> Tensor { Tensor(shape: shape, buffer: storage, node: Node(leafOf: self)) }

  /// dL/d(this tensor), of the same shape, summed over all calls of `L.backward()` since it was set to nil; nil before the first,
  /// and always nil for a tensor that was not made by `requiringGradient()`.
  public var gradient: Tensor? {
    get { node?.gradient }
    set { node?.gradient = newValue?.offTape }
  }

  /// Whether gradients flow back through this tensor.
  public var isOnTape: Bool { node != nil }

  /// Whether the tensor is a leaf: it was made by `requiringGradient()`, or is a parameter's value.
  package var isLeaf: Bool { node?.isLeaf ?? false }

  /// Puts the new output of an operation on the tape.
  func place(at node: Node) { self.node = node }

  /// Whether nothing else refers to the elements, so that they may be overwritten as Float32.
  package func ownsItsMemory() -> Bool { storage.precision == .float32 && isKnownUniquelyReferenced(&storage) }
}

extension Tensor: CustomStringConvertible {
  /// The shape and the elements, the middle of long ones left out.
  public var description: String {
    if shape.isEmpty { return "\(value)" }
    let all = values
    let shown =
      all.count <= 12 ? all.map { "\($0)" } : all.prefix(6).map { "\($0)" } + ["…"] + all.suffix(3).map { "\($0)" }
    return "Tensor\(shape)(\(shown.joined(separator: ", ")))"
  }
}

// What modules and optimizers need of a tensor's memory and node.
extension Tensor {
  /// The elements, which are Float32, for writing; only for memory that nobody else can see (`ownsItsMemory`).
  package var elements: UnsafeMutablePointer<Float> { storage.pointer }

  /// The same elements in memory of their own.
  package func copied() -> Tensor {
    Tensor(shape: shape) { elements in withValues { _ = elements.update(fromContentsOf: $0) } }
  }

  /// The same elements with another node, so that gradients arrive there.
  package func alias(at node: Node) -> Tensor { Tensor(shape: shape, buffer: storage, node: node) }
}
