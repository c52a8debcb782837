import CKernels

/// An array of numbers, Float32 unless `withPrecision` made it, with a shape, row-major, whose history of operations is kept
/// so that gradients can flow back through it.
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

  /// The tensor's place on the tape, nil for one that no gradient flows to.
  @exclusivity(unchecked) package private(set) var node: Node?

  /// The largest number of layers on any path of operations to this tensor; modules count themselves, operations pass it on.
  @exclusivity(unchecked) package var layerDepth: Int32 = 0

  package init(shape: Shape, buffer: Buffer, node: Node? = nil) {
    self.shape = shape
    storage = buffer
    self.node = node
  }

  /// The elements as Float32, for reading.
  @inline(__always)
  package var buffer: Float32View { Float32View(storage, shape.elementCount) }

  /// How the elements are stored.
  public var precision: Precision { storage.precision }

  /// A tensor of the given shape whose elements `fill` writes; they hold anything before.
  public convenience init(shape: Shape, fill: (UnsafeMutableBufferPointer<Float>) throws -> Void) rethrows {
    let count = shape.elementCount
    let buffer = Buffer(count: count)
    try fill(UnsafeMutableBufferPointer(start: buffer.pointer, count: count))
    self.init(shape: shape, buffer: buffer)
  }

  /// A tensor with the given elements in row-major order. Stops if their number is not the shape's.
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
    self.init(shape: shape, buffer: Buffer(count: shape.elementCount))
    CKernels.fill(value, buffer.pointer, shape.elementCount)
  }

  /// How many elements there are.
  public var elementCount: Int { shape.elementCount }

  /// The elements in row-major order.
  public var values: [Float] { withValues { Array($0) } }

  /// The only element. Stops if there are several, or none.
  public var value: Float {
    guard elementCount == 1 else { stop("value", "the tensor has the shape \(shape), not a single element") }
    return buffer.pointer[0]
  }

  /// Calls `body` with the elements in row-major order, which are valid only during the call.
  public func withValues<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
    // Not `buffer`, whose widened numbers may go while the body is at work.
    let wide = castWithoutTape(to: .float32)
    return try withExtendedLifetime(wide) {
      try body(UnsafeBufferPointer(start: wide.storage.pointer, count: elementCount))
    }
  }
}

extension Tensor {
  /// A tensor with the same elements from which no gradient flows back.
  public func detached() -> Tensor { Tensor(shape: shape, buffer: storage) }

  /// This tensor, or where it is on the tape, one with the same elements that isn't.
  package var offTape: Tensor { node == nil ? self : detached() }

  /// A tensor with the same elements that gathers its gradient in `gradient` when `backward()` reaches it.
  public func requiringGradient() -> Tensor { Tensor(shape: shape, buffer: storage, node: Node(leafOf: self)) }

  /// dL/d(this tensor), summed over all calls of `L.backward()` since it was cleared; nil before the first, and always nil
  /// for a tensor that was not made by `requiringGradient()`.
  public var gradient: Tensor? {
    get { node?.gradient }
    set { node?.gradient = newValue?.offTape }
  }

  /// Whether gradients flow back through this tensor.
  public var isOnTape: Bool { node != nil }

  /// Whether gradients gather in the tensor: it was made by `requiringGradient()`, or is a parameter's value.
  package var isLeaf: Bool { node?.isLeaf ?? false }

  /// Puts a tensor that an operation has just made on the tape.
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

// What the training side of the house needs of a tensor's inside.
extension Tensor {
  /// The elements for writing; only for memory that nobody else can see (`ownsItsMemory`).
  package var elements: UnsafeMutablePointer<Float> { storage.pointer }

  /// The same elements in memory of their own.
  package func copied() -> Tensor {
    Tensor(shape: shape) { elements in elements.baseAddress?.update(from: buffer.pointer, count: elementCount) }
  }

  /// The same elements at another place on the tape, so that gradients arrive there.
  package func alias(at place: Node) -> Tensor { Tensor(shape: shape, buffer: storage, node: place) }
}
