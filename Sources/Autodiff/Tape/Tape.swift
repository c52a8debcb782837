import CThreadState

/// Passes the gradient of an operation's output on to its inputs: calls `pass.add(_:to:)` once for each. One that needs no
/// input's elements holds on to the input's place alone, so that they can go.
package typealias Pullback = (_ gradient: Tensor, _ pass: BackwardPass) -> Void

/// A tensor's place on the tape: what gave rise to it, and its gradient while a backward pass passes by.
///
/// The tape is not a list but a graph: a node is kept alive by the tensor it belongs to and by the pullbacks of what was
/// computed from it, so the parts of a computation that nobody needs any more go by themselves.
///
/// Tensors and nodes stay on their thread, so the run-time check that nobody else writes to their properties is left out; in a
/// net of narrow layers it costs a fiftieth of a step.
package final class Node {
  /// When the node was put on the tape, 0 for a leaf. Visiting nodes latest first, a backward pass meets each one only when all that
  /// was computed from it has been visited.
  let order: Int
  let shape: Shape
  let precision: Precision
  @exclusivity(unchecked) fileprivate(set) var pullback: Pullback?

  /// The output's elements, where the pullback asks for `pass.output`.
  @exclusivity(unchecked) fileprivate(set) var output: Buffer?

  /// What has arrived in the backward pass of that number, which is under way.
  @exclusivity(unchecked) var arriving: Tensor?
  @exclusivity(unchecked) var pass: Int64 = 0

  /// A leaf's gradient, summed over backward passes.
  @exclusivity(unchecked) package var gradient: Tensor?

  /// The last that was added of the hooks that are shown the whole gradient before it is passed on.
  @exclusivity(unchecked) fileprivate(set) var gradientHook: (any GradientHook)?

  /// A leaf: gradients end here.
  init(leafOf tensor: Tensor) {
    order = 0
    shape = tensor.shape
    precision = tensor.precision
  }

  /// The node of an operation's output.
  @inline(__always)
  init(of output: Tensor, pullback: @escaping Pullback) {
    let here = thread_state_here()
    here.pointee.nodes += 1
    order = Int(here.pointee.nodes)
    shape = output.shape
    precision = output.precision
    self.pullback = pullback
  }

  var isLeaf: Bool { order == 0 }

  /// Lets go of the pullback and all that is saved for it.
  func release() {
    Releasing.release(&pullback)
    output = nil
    // They may hold on to what holds on to this node.
    dropHooks()
  }

  /// One after the other, since a chain would be taken down by calls one inside the other.
  private func dropHooks() {
    while let hook = gradientHook {
      gradientHook = hook.next
      hook.next = nil
    }
  }

  func add(_ hook: any GradientHook) {
    hook.next = gradientHook
    gradientHook = hook
  }

  deinit {
    Releasing.release(&pullback)
    dropHooks()
  }
}

/// Looks at the whole gradient at a place on the tape before it is passed on.
///
/// The hooks of a place are a chain, the last added first: nothing else need be made where one is added to each layer's output.
package protocol GradientHook: AnyObject {
  /// The one that was added to the same place before; for the tape to set.
  var next: (any GradientHook)? { get set }

  /// Shows the gradient; what is returned replaces it.
  func look(_ gradient: Tensor) -> Tensor?
}

/// A hook that calls a function.
private final class FunctionHook: GradientHook {
  var next: (any GradientHook)?
  private let hook: (Tensor) -> Tensor?

  init(_ hook: @escaping (Tensor) -> Tensor?) { self.hook = hook }

  func look(_ gradient: Tensor) -> Tensor? { hook(gradient) }
}

extension Tensor {
  /// Shows `hook`, when there is a gradient with respect to this tensor, it whole, in each backward pass; what was added last comes first.
  package func add(_ hook: any GradientHook) { node?.add(hook) }

  /// As above, a function.
  package func addGradientHook(_ hook: @escaping (Tensor) -> Tensor?) { node?.add(FunctionHook(hook)) }
}

/// Lets pullbacks go one after the other. Each may hold the last reference to the nodes before it, so left to itself a net
/// of ten thousand layers would be taken down by ten thousand calls one inside the other, and the stack would run out.
enum Releasing {
  private final class Queue {
    /// A structure, since an array of closures would wrap each in another.
    struct Waiting { let pullback: Pullback }
    @exclusivity(unchecked) var waiting: [Waiting] = []
    @exclusivity(unchecked) var isDraining = false

    /// Moves a pullback here; the place it came from no longer keeps it alive.
    func take(_ pullback: inout Pullback?) {
      waiting.append(Waiting(pullback: pullback!))
      pullback = nil
      guard !isDraining else { return }
      isDraining = true
      while !waiting.isEmpty { waiting.removeLast() }
      isDraining = false
    }
  }

  static func release(_ pullback: inout Pullback?) {
    guard pullback != nil else { return }
    guard let queue = thread_state_here().pointee.releasing else {
      return withQueue { release(&pullback) }
    }
    Unmanaged<Queue>.fromOpaque(queue).takeUnretainedValue().take(&pullback)
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

/// Runs `body` without a tape: nothing that it computes can be differentiated, and no activation is kept for it.
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

/// Whether operations are put on the tape here and now.
package var tapeIsOn: Bool { thread_state_here().pointee.gradients_off == 0 }

/// Puts `output` on the tape if gradients flow to `input`, and returns it.
///
/// The pullback is made only then: a closure takes memory and holds on to what it needs, and in a backward pass, where the tape
/// is off, that would be for nothing.
@inline(__always)
package func record(_ output: Tensor, from input: Tensor, pullback: @autoclosure () -> Pullback) -> Tensor {
  output.layerDepth = input.layerDepth
  guard input.node != nil, tapeIsOn else { return output }
  output.place(at: Node(of: output, pullback: pullback()))
  return output
}

/// Puts `output` on the tape if gradients flow to any of the inputs, and returns it.
@inline(__always)
package func record(
  _ output: Tensor, from first: Tensor, _ second: Tensor, _ third: Tensor? = nil, pullback: @autoclosure () -> Pullback
) -> Tensor {
  output.layerDepth = max(first.layerDepth, second.layerDepth, third?.layerDepth ?? 0)
  guard tapeIsOn, first.node != nil || second.node != nil || third?.node != nil else { return output }
  output.place(at: Node(of: output, pullback: pullback()))
  return output
}

/// As `record`, for a pullback that needs the output itself. It can't capture it, since output, node and pullback would
/// then keep each other alive; it finds it as `pass.output`.
@inline(__always)
package func recordKeepingOutput(
  _ output: Tensor, from input: Tensor, pullback: @autoclosure () -> Pullback
) -> Tensor {
  output.layerDepth = input.layerDepth
  guard input.node != nil, tapeIsOn else { return output }
  let node = Node(of: output, pullback: pullback())
  node.output = output.storage
  output.place(at: node)
  return output
}
