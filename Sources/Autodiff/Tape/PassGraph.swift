/// What a backward pass knows of the tape that it has not visited yet: which nodes lead to those whose gradients are wanted, and up to
/// which node contributions to a leaf may arrive.
///
/// What the body of a checkpoint uses is unknown until it is computed again. So a checkpoint leads to everything, and no leaf is complete
/// before the last checkpoint has been visited.
struct PassGraph {
  private let wanted: Set<ObjectIdentifier>
  private var known: Set<ObjectIdentifier> = []
  /// The nodes with an input that is wanted, or leads to one that is.
  private var leading: Set<ObjectIdentifier> = []
  /// The numbers of the earliest node that uses each leaf, and of the earliest checkpoint.
  private var firstUses: [ObjectIdentifier: Int] = [:]
  private var firstCheckpoint = Int.max
  /// Nodes that are released keep their addresses, by which they are known.
  private var held: [Node] = []

  /// The tape below the nodes of `start`.
  init(from start: [Node], to wanted: [Node] = []) {
    self.wanted = Set(wanted.map { ObjectIdentifier($0) })
    discover(start)
  }

  /// Adds the tape below nodes that have been recorded since.
  mutating func discover(_ start: [Node]) {
    var open = start, new: [Node] = []
    while let node = open.popLast() {
      guard !node.isLeaf, known.insert(ObjectIdentifier(node)).inserted else { continue }
      new.append(node)
      node.inputs.forEach { open.append($0) }
    }
    // A node's inputs were recorded before it.
    new.sort { $0.order < $1.order }
    for node in new {
      var leads = node.isCheckpoint
      node.inputs.forEach { input in
        leads = leads || isNeeded(input)
        if input.isLeaf { firstUses[ObjectIdentifier(input), default: .max].formMinimum(node.order) }
      }
      if leads { leading.insert(ObjectIdentifier(node)) }
      if node.isCheckpoint { firstCheckpoint.formMinimum(node.order) }
    }
    held += new
  }

  /// Whether the node's gradient is wanted, or needed for one that is.
  func isNeeded(_ node: Node) -> Bool {
    leads(node) || wanted.contains(ObjectIdentifier(node))
  }

  /// Whether gradients that are wanted flow through the node.
  func leads(_ node: Node) -> Bool { leading.contains(ObjectIdentifier(node)) }

  /// Whether no node up to number `order`, which are those not visited yet, contributes to a leaf.
  func isComplete(_ leaf: Node, before order: Int) -> Bool {
    firstCheckpoint > order && firstUses[ObjectIdentifier(leaf), default: .max] > order
  }
}

extension Int {
  fileprivate mutating func formMinimum(_ other: Int) { self = Swift.min(self, other) }
}
