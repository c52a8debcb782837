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
  @exclusivity(unchecked) private(set) var number: Int64 = 0
  /// Gradients of outer backward passes at nodes that this one has reached.
  @exclusivity(unchecked) private var ofOthers: [(node: Node, gradient: Tensor, pass: Int64)] = []
  /// The node whose pullback is running.
  @exclusivity(unchecked) private unowned(unsafe) var visited: Node?
  /// Whether nobody but the running pullback can see the gradient it was given, so that it may write its result there.
  @exclusivity(unchecked) private(set) var mayOverwrite = false

  /// Gradients of the nodes that `gradients(of:withRespectTo:)` was asked for, nil as long as none has arrived.
  @exclusivity(unchecked) private var wanted: [ObjectIdentifier: Tensor?]
  /// Whether only what lies between the output and the wanted nodes is visited.
  private let isPartial: Bool
  /// Known where the pass is partial, and once a gradient has arrived at a leaf with a hook.
  @exclusivity(unchecked) private var graph: PassGraph?

  /// Leaves with hooks at which gradients have arrived, but perhaps not all.
  @exclusivity(unchecked) private var incomplete: [Node] = []
  /// Leaves whose hooks have been called, and those whose gradient somebody has taken over.
  @exclusivity(unchecked) private var settled: Set<ObjectIdentifier> = []
  @exclusivity(unchecked) private var taken: Set<ObjectIdentifier> = []
  /// Whether gradients are those of `backward()`, which may be taken over.
  @exclusivity(unchecked) private var accumulates = false
  /// What steps of a recurrence have not yet added to the gradients of their weights.
  @exclusivity(unchecked) private var repeated: [RepeatedProducts] = []
  /// What is called at the end of the pass.
  @exclusivity(unchecked) private var endings: [() -> Void] = []

  /// Whether a watch wants to see the leaves that gradients reach.
  @exclusivity(unchecked) private var leavesAreWatched = false

  init(keepsTape: Bool, wanted: [Node] = []) {
    self.keepsTape = keepsTape
    self.wanted = Dictionary(wanted.map { (ObjectIdentifier($0), nil) }, uniquingKeysWith: { first, _ in first })
    isPartial = !wanted.isEmpty
  }

  /// Adds a contribution to the gradient of `input`; it is not computed where no gradient flows or none is wanted.
  @inline(__always)
  package func add(_ contribution: @autoclosure () -> Tensor, to input: Tensor) {
    add(contribution(), to: input.node)
  }

  /// As above, to a node; nothing is computed where it is nil.
  @inline(__always)
  package func add(_ contribution: @autoclosure () -> Tensor, to node: Node?) {
    guard let node, !isPartial || graph!.isNeeded(node) else { return }
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
      if !settled.isEmpty { checkIncomplete(node) }
      leaves.append(node)
      if node.hasHooks { incomplete.append(node) }
      if leavesAreWatched { OperationWatch.see(node, usedBy: visited?.operation) }
      return
    }
    if node.isLeaf, !settled.isEmpty { checkIncomplete(node) }
    node.arriving = sum(&node.arriving!, contribution).cast(to: node.precision)
  }

  /// Stops the program if the leaf's hooks have been called already.
  private func checkIncomplete(_ leaf: Node) {
    guard settled.contains(ObjectIdentifier(leaf)) else { return }
    stop(
      visited?.operation ?? "backward",
      "it passes a gradient on to a tensor that it was not recorded from; name all inputs where it is recorded")
  }

  /// Adds a contribution to a part of a node's gradient, where it is 0 elsewhere; returns false, and does nothing, where nothing has
  /// arrived yet or somebody else can see it. So the gradients of all parts of a tensor take the time of one of the whole.
  func add(_ contribution: Tensor, inPlaceAt layout: SliceLayout, of node: Node) -> Bool {
    guard !keepsTape, node.pass == number, node.arriving != nil, isKnownUniquelyReferenced(&node.arriving!),
      node.arriving!.ownsItsMemory()
    else { return false }
    if node.isLeaf, !settled.isEmpty { checkIncomplete(node) }
    node.arriving!.addInPlace(contribution, at: layout)
    return true
  }

  /// Adds gᵀ x to the gradient of a weight and the sum of the rows of g to that of a bias, together with those of other steps.
  func addLater(_ g: Tensor, _ x: Tensor, toWeight weight: Node?, bias: Node?) {
    guard weight != nil || bias != nil else { return }
    let index = repeated.firstIndex { $0.weight === weight && $0.bias === bias } ?? repeated.count
    if index == repeated.count { repeated.append(RepeatedProducts(weight: weight, bias: bias, step: visited!)) }
    let isEnough = repeated[index].append(g, x, of: visited!)
    // A weight that is computed from others is visited in this pass, perhaps next.
    if isEnough || weight?.isLeaf == false || bias?.isLeaf == false { repeated[index].flush(self) }
  }

  /// Adds what steps of a recurrence have left, where `isDue`.
  private func flushRepeated(where isDue: (RepeatedProducts) -> Bool) {
    for index in repeated.indices where isDue(repeated[index]) {
      visited = repeated[index].step
      repeated[index].flush(self)
    }
    visited = nil
  }

  /// `total + contribution`, in the memory of `total` where nobody else can see it.
  private func sum(_ total: inout Tensor, _ contribution: Tensor) -> Tensor {
    guard !keepsTape, isKnownUniquelyReferenced(&total), total.ownsItsMemory() else { return total + contribution }
    total.addInPlace(contribution)
    return total
  }

  /// Sends the gradient `seed` back from `output`. Afterwards the gradients of leaves are in `node.arriving`, all after their hooks.
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
      if here.pointee.is_abandoned { break }
      if !isPartial || graph!.leads(node) {
        visited = node
        mayOverwrite = !keepsTape && isKnownUniquelyReferenced(&gradient) && gradient.ownsItsMemory()
        pullback(gradient, self)
      }
      if !keepsTape { node.release() }
      if !incomplete.isEmpty || repeated.contains(where: \.hasHooks) { settleCompleteLeaves() }
    }
    if !here.pointee.is_abandoned { flushRepeated { _ in true } }
    for leaf in leaves where !here.pointee.is_abandoned && !settled.contains(ObjectIdentifier(leaf)) {
      settleLeaf(leaf)
    }
    for end in endings where !here.pointee.is_abandoned { end() }
    endings = []
    if here.pointee.is_abandoned { abandon() }
  }

  /// Adds what has been recorded in this pass, in the body of a checkpoint, to what is known of the tape.
  func discover(_ output: Tensor) { if let node = output.node { graph?.discover([node]) } }

  /// Calls `end` at the end of the pass, when all hooks have been called.
  func atEnd(_ end: @escaping () -> Void) { endings.append(end) }

  /// Calls the hooks of leaves to which no node that is still to be visited contributes.
  private func settleCompleteLeaves() {
    if graph == nil { graph = PassGraph(from: waiting.nodes) }
    let next = waiting.nodes.first?.order ?? 0
    func isComplete(_ leaf: Node) -> Bool { graph!.isComplete(leaf, before: next) }
    // Not before all other contributions, after which they are added where nobody waits.
    flushRepeated { $0.nodes.allSatisfy(isComplete) }
    let complete = incomplete.filter { leaf in isComplete(leaf) && !repeated.contains { $0.waits(for: leaf) } }
    guard !complete.isEmpty else { return }
    incomplete.removeAll { leaf in complete.contains { $0 === leaf } }
    for leaf in complete where !isAbandoned {
      settleLeaf(leaf)
      settled.insert(ObjectIdentifier(leaf))
    }
  }

  /// Calls the hooks of a leaf with its whole gradient, and passes that on to an optimizer that takes it over.
  private func settleLeaf(_ leaf: Node) {
    let gradient = accumulates ? withoutGradients { settle(leaf).offTape } : settle(leaf)
    guard accumulates, let take = leaf.gradientTaker, !isAbandoned else {
      leaf.arriving = gradient
      return
    }
    guard lossScale == 1 else {
      stop(
        "optimizer",
        "a scaled loss needs all gradients before the step; without a LossScaler, or without stepInBackward()")
    }
    taken.insert(ObjectIdentifier(leaf))
    take(gradient)
  }

  /// The node's whole gradient, after its hooks; removed from the node.
  private func settle(_ node: Node) -> Tensor {
    var gradient = node.arriving!
    node.arriving = nil
    var next = node.gradientHook
    while let hook = next {
      next = hook.next
      guard let replacement = hook.replacement(of: shown(gradient), in: self) else { continue }
      guard replacement.shape == node.shape else {
        stop("gradient hook", replacement.shape, node.shape, "a replacement has the shape of the gradient it replaces")
      }
      gradient = scaled(replacement).cast(to: node.precision)
    }
    if isPartial, wanted[ObjectIdentifier(node)] != nil { wanted[ObjectIdentifier(node)] = gradient }
    return gradient
  }

  /// A gradient as hooks see it, without the scale of the loss.
  func shown(_ gradient: Tensor) -> Tensor {
    lossScale == 1 ? gradient : gradient.castWithoutTape(to: .float32) * (1 / lossScale)
  }

  /// What a hook has returned, with the scale of the loss.
  func scaled(_ gradient: Tensor) -> Tensor { lossScale == 1 ? gradient : gradient * lossScale }

  /// Runs and adds what arrives at the leaves to their gradients; adds nothing if a hook throws.
  func accumulate(from output: Node, seed: Tensor) {
    thread_state_here().pointee.backward_depth += 1
    defer { thread_state_here().pointee.backward_depth -= 1 }
    accumulates = true
    withTape(keepsTape) { Releasing.withQueue { run(from: output, seed: seed) } }
    for leaf in leaves where !taken.contains(ObjectIdentifier(leaf)) {
      let arrived = leaf.arriving!
      leaf.arriving = nil
      leaf.gradient = withoutGradients { leaf.gradient == nil ? arrived : sum(&leaf.gradient!, arrived) }
    }
    putBack()
  }

  /// Runs and returns the gradients of the wanted nodes, nil for those that nothing arrived at.
  func gradients(from output: Node, seed: Tensor, of nodes: [Node]) -> [Tensor?] {
    thread_state_here().pointee.backward_depth += 1
    defer { thread_state_here().pointee.backward_depth -= 1 }
    if isPartial { graph = PassGraph(from: [output], to: nodes) }
    withTape(keepsTape) { Releasing.withQueue { run(from: output, seed: seed) } }
    for leaf in leaves { leaf.arriving = nil }
    putBack()
    return nodes.map { wanted[ObjectIdentifier($0)] ?? nil }
  }

  /// Forgets all gradients of the pass, since a hook has thrown.
  private func abandon() {
    for node in waiting.nodes + leaves { node.arriving = nil }
    (leaves, waiting) = ([], Heap())
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
  private(set) var nodes: [Node] = []

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
