import CThreadState

/// Passes the gradient of an operation's output on to its inputs: calls `pass.add(_:to:)` once for each. A pullback that needs no
/// elements of an input captures the input's node alone, so that the elements can be released.
package typealias Pullback = (_ gradient: Tensor, _ pass: BackwardPass) -> Void

/// A tensor's node on the tape: the pullback of the operation that computed it, and its gradient during a backward pass.
///
/// The tape is not a list but a graph: a node is kept alive by the tensor it belongs to and by the pullbacks of what was
/// computed from it, so parts of a computation that nobody needs any more are released.
///
/// Tensors and nodes stay on their thread, so the run-time check of exclusive access to their properties is left out; in a net of
/// narrow layers it costs 2 % of a step.
package final class Node {
  /// The number of the node in the order of the tape, 0 for a leaf. A backward pass visits nodes latest first, so it visits each one
  /// after all that were computed from it.
  let order: Int
  /// The function that put the node on the tape, as `#function` names it; nil for a leaf.
  private let function: UnsafePointer<UInt8>?
  let shape: Shape
  let precision: Precision
  @exclusivity(unchecked) fileprivate(set) var pullback: Pullback?

  /// The nodes that the pullback passes gradients on to.
  @exclusivity(unchecked) fileprivate(set) var inputs: NodeInputs

  /// Whether the pullback passes gradients on to nodes that are known only when it runs.
  let isCheckpoint: Bool

  /// The output's elements, where the pullback asks for `pass.output`.
  @exclusivity(unchecked) fileprivate(set) var output: Buffer?

  /// The gradient so far in the running backward pass, and the number of that pass.
  @exclusivity(unchecked) var arriving: Tensor?
  @exclusivity(unchecked) package internal(set) var pass: Int64 = 0

  /// A leaf's gradient, summed over backward passes.
  @exclusivity(unchecked) package var gradient: Tensor?

  /// The hook that was added last, the first of the chain that sees the whole gradient before it is passed on.
  @exclusivity(unchecked) private(set) var gradientHook: (any GradientHook)?

  /// Takes over a leaf's whole gradient from `backward()`, which then does not add it to `gradient`.
  @exclusivity(unchecked) package var gradientTaker: ((_ gradient: Tensor) -> Void)?

  /// What a leaf belongs to, such as a parameter, which sets it to nil when it is released.
  @exclusivity(unchecked) package unowned(unsafe) var owner: AnyObject?

  /// A leaf: gradients end here.
  init(leafOf tensor: Tensor) {
    order = 0
    function = nil
    inputs = NodeInputs()
    isCheckpoint = false
    shape = tensor.shape
    precision = tensor.precision
  }

  /// The node of an operation's output.
  @inline(__always)
  init(
    of output: Tensor, from inputs: NodeInputs, isCheckpoint: Bool = false, keeping elements: Buffer? = nil,
    by function: StaticString, pullback: @escaping Pullback
  ) {
    self.output = elements
    self.inputs = inputs
    self.isCheckpoint = isCheckpoint
    self.function = function.utf8Start
    let here = thread_state_here()
    here.pointee.nodes += 1
    order = Int(here.pointee.nodes)
    shape = output.shape
    precision = output.precision
    self.pullback = pullback
  }

  var isLeaf: Bool { order == 0 }

  /// The name of the operation, such as `linear`; nil for a leaf.
  var operation: String? { function.map { String(String(cString: $0).prefix { $0 != "(" }) } }

  /// Releases the pullback and all that is saved for it.
  func release() {
    Releasing.release(&pullback, &inputs)
    output = nil
    // They may keep this node alive.
    dropHooks()
  }

  /// One after the other, since each would release the next inside its own release.
  private func dropHooks() {
    while let hook = gradientHook {
      gradientHook = hook.next
      hook.next = nil
    }
  }

  /// Whether anyone waits for a leaf's gradient in the backward pass.
  var hasHooks: Bool { gradientHook != nil || gradientTaker != nil }

  /// Adds a hook that is called before those that were added before.
  func add(_ hook: any GradientHook) {
    hook.next = gradientHook
    gradientHook = hook
  }

  /// Adds a hook that is called after all others, but before those that see the final gradient, unless it is one of them.
  func addLast(_ hook: any GradientHook) {
    func comesAfter(_ other: any GradientHook) -> Bool { hook.seesFinalGradient || !other.seesFinalGradient }
    guard var before = gradientHook, comesAfter(before) else { return add(hook) }
    while let next = before.next, comesAfter(next) { before = next }
    hook.next = before.next
    before.next = hook
  }

  /// Removes a hook. It keeps its `next`, since a pass may be calling the hooks.
  package func remove(_ hook: any GradientHook) {
    if gradientHook === hook { return gradientHook = hook.next }
    var before = gradientHook
    while let next = before?.next, next !== hook { before = next }
    before?.next = hook.next
  }

  deinit {
    Releasing.release(&pullback, &inputs)
    dropHooks()
  }
}

/// The nodes that an operation's pullback passes gradients on to. Three are stored without an array, since few operations have more.
struct NodeInputs {
  var first: Node?
  var second: Node?
  var third: Node?
  var others: [Node]?

  @inline(__always)
  init(_ first: Node? = nil, _ second: Node? = nil, _ third: Node? = nil) {
    (self.first, self.second, self.third) = (first, second, third)
  }

  init(_ nodes: [Node]) { others = nodes }

  /// Calls `body` with each of them.
  func forEach(_ body: (Node) -> Void) {
    if let first { body(first) }
    if let second { body(second) }
    if let third { body(third) }
    others?.forEach(body)
  }
}

/// Releases pullbacks one after the other. Each may hold the last reference to the nodes before it, so otherwise a net of ten
/// thousand layers would be released by ten thousand nested calls, and the stack would overflow.
enum Releasing {
  private final class Queue {
    /// A structure, since an array of closures would wrap each in another.
    struct Waiting {
      let pullback: Pullback
      let inputs: NodeInputs
    }
    @exclusivity(unchecked) var waiting: [Waiting] = []
    @exclusivity(unchecked) var isDraining = false

    /// Takes a pullback and its inputs over from a node, and releases them.
    func take(_ pullback: inout Pullback?, _ inputs: inout NodeInputs) {
      waiting.append(Waiting(pullback: pullback!, inputs: inputs))
      pullback = nil
      inputs = NodeInputs()
      guard !isDraining else { return }
      isDraining = true
      while !waiting.isEmpty { waiting.removeLast() }
      isDraining = false
    }
  }

  static func release(_ pullback: inout Pullback?, _ inputs: inout NodeInputs) {
    guard pullback != nil else { return }
    guard let queue = thread_state_here().pointee.releasing else {
      return withQueue { release(&pullback, &inputs) }
    }
    Unmanaged<Queue>.fromOpaque(queue).takeUnretainedValue().take(&pullback, &inputs)
  }

  /// Runs `body`, whose releases share a queue.
  static func withQueue(_ body: () -> Void) {
    let here = thread_state_here()
    let outer = here.pointee.releasing
    let queue = Queue()
    here.pointee.releasing = Unmanaged.passUnretained(queue).toOpaque()
    withExtendedLifetime(queue, body)
    here.pointee.releasing = outer
  }
}

/// Runs `body` without a tape: what it computes can't be differentiated, and no activation is kept for it.
public func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
  let here = thread_state_here()
  here.pointee.gradients_off += 1
  defer { here.pointee.gradients_off -= 1 }
  return try body()
}

/// Runs `body` with a tape, also inside `withoutGradients`.
package func withGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
  let here = thread_state_here()
  let off = here.pointee.gradients_off
  here.pointee.gradients_off = 0
  defer { here.pointee.gradients_off = off }
  return try body()
}

/// Whether operations are put on the tape in the scopes around the call.
package var tapeIsOn: Bool { thread_state_here().pointee.gradients_off == 0 }

/// Puts `output` on the tape if gradients flow to `input`, and returns it. The pullback is made only then, since a closure
/// allocates memory.
@inline(__always)
package func record(
  _ output: Tensor, from input: Tensor, by function: StaticString = #function, pullback: @autoclosure () -> Pullback
) -> Tensor {
  output.layerDepth = input.layerDepth
  guard let node = input.node, tapeIsOn else { return output }
  output.place(at: Node(of: output, from: NodeInputs(node), by: function, pullback: pullback()))
  return output
}

/// Puts `output` on the tape if gradients flow to any of the inputs, and returns it.
@inline(__always)
package func record(
  _ output: Tensor, from first: Tensor, _ second: Tensor, _ third: Tensor? = nil, by function: StaticString = #function,
  pullback: @autoclosure () -> Pullback
) -> Tensor {
  output.layerDepth = max(first.layerDepth, second.layerDepth, third?.layerDepth ?? 0)
  guard tapeIsOn, first.node != nil || second.node != nil || third?.node != nil else { return output }
  let inputs = NodeInputs(first.node, second.node, third?.node)
  output.place(at: Node(of: output, from: inputs, by: function, pullback: pullback()))
  return output
}

/// As above, for any number of inputs.
package func record(
  _ output: Tensor, from inputs: [Tensor], by function: StaticString = #function, pullback: @autoclosure () -> Pullback
) -> Tensor {
  output.layerDepth = inputs.reduce(0) { max($0, $1.layerDepth) }
  let nodes = inputs.compactMap(\.node)
  guard tapeIsOn, !nodes.isEmpty else { return output }
  output.place(at: Node(of: output, from: NodeInputs(nodes), by: function, pullback: pullback()))
  return output
}

/// As `record`, for a pullback that needs the output itself. It can't capture it, since output, node and pullback would
/// then keep each other alive; it finds it as `pass.output`.
@inline(__always)
package func recordKeepingOutput(
  _ output: Tensor, from input: Tensor, by function: StaticString = #function, pullback: @autoclosure () -> Pullback
) -> Tensor {
  output.layerDepth = input.layerDepth
  guard let node = input.node, tapeIsOn else { return output }
  let inputs = NodeInputs(node)
  output.place(at: Node(of: output, from: inputs, keeping: output.storage, by: function, pullback: pullback()))
  return output
}

/// As above, for any number of inputs.
func recordKeepingOutput(
  _ output: Tensor, from inputs: [Tensor], by function: StaticString = #function, pullback: @autoclosure () -> Pullback
) -> Tensor {
  output.layerDepth = inputs.reduce(0) { max($0, $1.layerDepth) }
  let nodes = inputs.compactMap(\.node)
  guard tapeIsOn, !nodes.isEmpty else { return output }
  output.place(
    at: Node(of: output, from: NodeInputs(nodes), keeping: output.storage, by: function, pullback: pullback()))
  return output
}
