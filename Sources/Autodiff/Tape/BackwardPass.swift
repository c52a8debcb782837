import CThreadState

/// The number of backward passes of the calling thread so far.
package var backwardPassCount: Int64 { thread_state_here().pointee.backward_passes }

/// One backward pass: the gradients of an output with respect to the leaves, by the chain rule.
package final class BackwardPass {
  /// Whether the pullbacks' own operations go on the tape, for gradients of gradients, and the tape stays for another pass.
  let keepsTape: Bool
  /// The scale of the loss; hooks see gradients divided by it.
  @exclusivity(unchecked) var lossScale: Float = 1
  @exclusivity(unchecked) private var waiting = Heap()
  @exclusivity(unchecked) private var leaves: [Node] = []
  /// The number of this pass, which tells its gradients from those of a pass that it runs inside of, in a hook.
  @exclusivity(unchecked) private var number: Int64 = 0
  /// Gradients of outer backward passes at nodes that this one has reached.
  @exclusivity(unchecked) private var ofOthers: [(node: Node, gradient: Tensor, pass: Int64)] = []
  /// The node whose pullback is running.
  @exclusivity(unchecked) private unowned(unsafe) var visited: Node?
  /// Whether nobody but the running pullback can see the gradient it was given, so that it may write its result there.
  @exclusivity(unchecked) private(set) var mayOverwrite = false

  /// Gradients of the nodes that `gradients(of:withRespectTo:)` was asked for, nil as long as none has arrived.
  @exclusivity(unchecked) private var wanted: [ObjectIdentifier: Tensor?]

  /// Whether a watch wants to see the leaves that gradients reach.
  @exclusivity(unchecked) private var leavesAreWatched = false

  init(keepsTape: Bool, wanted: [Node] = []) {
    self.keepsTape = keepsTape
    self.wanted = Dictionary(wanted.map { (ObjectIdentifier($0), nil) }, uniquingKeysWith: { first, _ in first })
  }

  /// Adds a contribution to the gradient of `input`; it is not computed where no gradient flows.
  @inline(__always)
  package func add(_ contribution: @autoclosure () -> Tensor, to input: Tensor) {
    add(contribution(), to: input.node)
  }

  /// As above, to a node; nothing is computed where it is nil.
  @inline(__always)
  package func add(_ contribution: @autoclosure () -> Tensor, to node: Node?) {
    guard let node else { return }
    add(contribution(), at: node)
  }

  /// The output of the operation whose pullback is running, which `recordKeepingOutput` has kept. It shares the output's memory,
  /// and where the tape is kept its node.
  var output: Tensor {
    let node = visited!
    return Tensor(shape: node.shape, buffer: node.output!, node: keepsTape ? node : nil)
  }

  func add(_ contribution: Tensor, at node: Node) {
    guard contribution.shape == node.shape else {
      stop("backward", contribution.shape, node.shape, "a gradient has the shape of what it is the gradient of")
    }
    if node.pass != number {
      if let gradient = node.arriving { ofOthers.append((node, gradient, node.pass)) }
      (node.arriving, node.pass) = (nil, number)
    }
    guard node.arriving != nil else {
      node.arriving = contribution.precision == node.precision ? contribution : contribution.cast(to: node.precision)
      guard node.isLeaf else { return waiting.insert(node) }
      leaves.append(node)
      if leavesAreWatched { OperationWatch.see(node, usedBy: visited?.operation) }
      return
    }
    node.arriving = sum(&node.arriving!, contribution).cast(to: node.precision)
  }

  /// Adds a contribution to a part of a node's gradient, where it is 0 elsewhere; returns false, and does nothing, where nothing has
  /// arrived yet or somebody else can see it. So the gradients of all parts of a tensor take the time of one of the whole.
  func add(_ contribution: Tensor, inPlaceAt layout: SliceLayout, of node: Node) -> Bool {
    guard !keepsTape, node.pass == number, node.arriving != nil, isKnownUniquelyReferenced(&node.arriving!),
      node.arriving!.ownsItsMemory()
    else { return false }
    node.arriving!.addInPlace(contribution, at: layout)
    return true
  }

  /// `total + contribution`, in the memory of `total` where nobody else can see it.
  private func sum(_ total: inout Tensor, _ contribution: Tensor) -> Tensor {
    guard !keepsTape, isKnownUniquelyReferenced(&total), total.ownsItsMemory() else { return total + contribution }
    total.addInPlace(contribution)
    return total
  }

  /// Sends the gradient `seed` back from `output`. Afterwards the gradients of leaves are in `node.arriving`.
  private func run(from output: Node, seed: Tensor) {
    let here = thread_state_here()
    here.pointee.backward_passes += 1
    number = here.pointee.backward_passes
    leavesAreWatched = here.pointee.watches != nil && OperationWatch.seesLeaves
    add(seed, at: output)
    while let node = waiting.popLatest() {
      guard let pullback = node.pullback else {
        stop(
          "backward",
          "a part of the computation has been differentiated before and was released then; "
            + "compute it again, or use gradients(of:withRespectTo:keepingTape: true)")
      }
      var gradient = settle(node)
      visited = node
      mayOverwrite = !keepsTape && isKnownUniquelyReferenced(&gradient) && gradient.ownsItsMemory()
      pullback(gradient, self)
      if !keepsTape { node.release() }
    }
  }

  /// The node's whole gradient, after its hooks; removed from the node.
  private func settle(_ node: Node) -> Tensor {
    var gradient = node.arriving!
    node.arriving = nil
    var next = node.gradientHook
    while let hook = next {
      next = hook.next
      let shown = lossScale == 1 ? gradient : gradient.castWithoutTape(to: .float32) * (1 / lossScale)
      guard var replacement = hook.look(shown) else { continue }
      if lossScale != 1 { replacement = replacement * lossScale }
      guard replacement.shape == node.shape else {
        stop("gradient hook", replacement.shape, node.shape, "a replacement has the shape of the gradient it replaces")
      }
      gradient = replacement.cast(to: node.precision)
    }
    if !wanted.isEmpty, wanted[ObjectIdentifier(node)] != nil { wanted[ObjectIdentifier(node)] = gradient }
    return gradient
  }

  /// Runs and adds what arrives at the leaves to their gradients.
  func accumulate(from output: Node, seed: Tensor) {
    thread_state_here().pointee.backward_depth += 1
    defer { thread_state_here().pointee.backward_depth -= 1 }
    withTape(keepsTape) { Releasing.withQueue { run(from: output, seed: seed) } }
    for leaf in leaves {
      let arrived = withoutGradients { settle(leaf).offTape }
      leaf.gradient = leaf.gradient == nil ? arrived : sum(&leaf.gradient!, arrived)
    }
    putBack()
  }

  /// Runs and returns the gradients of the wanted nodes, nil for those that nothing arrived at.
  func gradients(from output: Node, seed: Tensor, of nodes: [Node]) -> [Tensor?] {
    thread_state_here().pointee.backward_depth += 1
    defer { thread_state_here().pointee.backward_depth -= 1 }
    withTape(keepsTape) {
      Releasing.withQueue { run(from: output, seed: seed) }
      for leaf in leaves { _ = settle(leaf) }
    }
    putBack()
    return nodes.map { wanted[ObjectIdentifier($0)] ?? nil }
  }

  /// Restores the nodes of outer backward passes.
  private func putBack() {
    for (node, gradient, pass) in ofOthers { (node.arriving, node.pass) = (gradient, pass) }
  }

  /// Runs a backward pass with or without a tape, and in the precisions of the stored tensors, whatever the scopes around it say.
  private func withTape(_ on: Bool, _ body: () -> Void) {
    withPrecision(.float32) { if on { body() } else { withoutGradients(body) } }
  }
}

/// Nodes to visit, the latest on top.
private struct Heap {
  private var nodes: [Node] = []

  mutating func insert(_ node: Node) {
    nodes.append(node)
    var child = nodes.count - 1
    while child > 0, nodes[(child - 1) / 2].order < nodes[child].order {
      nodes.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popLatest() -> Node? {
    guard let last = nodes.popLast() else { return nil }
    guard let latest = nodes.first else { return last }
    nodes[0] = last
    var parent = 0
    while 2 * parent + 1 < nodes.count {
      var child = 2 * parent + 1
      if child + 1 < nodes.count, nodes[child + 1].order > nodes[child].order { child += 1 }
      guard nodes[child].order > nodes[parent].order else { break }
      nodes.swapAt(parent, child)
      parent = child
    }
    return latest
  }
}
