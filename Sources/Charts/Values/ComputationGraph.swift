import Support

/// What a net computes: operations, and the tensors that flow between them.
public struct ComputationGraph: Sendable, Hashable {
  /// An operation, a parameter or an input.
  public struct Node: Sendable, Hashable {
    /// What stands in its box, such as "matmul" or "W₁".
    public var name: String

    /// A node with a name.
    public init(_ name: String) { self.name = name }
  }

  /// A tensor on its way from one node to another.
  public struct Edge: Sendable, Hashable {
    /// The positions in `nodes` of where it comes from and goes to.
    public var from, to: Int
    /// What flows forward, such as a number or a tensor's RMS; nil is not shown.
    public var value: Double?
    /// What flows back: the gradient of the loss along this edge; nil is not shown.
    public var gradient: Double?

    /// An edge made of its parts.
    public init(from: Int, to: Int, value: Double? = nil, gradient: Double? = nil) {
      self.from = from
      self.to = to
      self.value = value
      self.gradient = gradient
    }
  }

  /// The nodes, in any order.
  public var nodes: [Node]
  /// The edges between them, without cycles.
  public var edges: [Edge]

  /// A graph made of its parts; stops where an edge leads nowhere.
  public init(nodes: [Node], edges: [Edge]) {
    for edge in edges where !nodes.indices.contains(edge.from) || !nodes.indices.contains(edge.to) {
      stop("ComputationGraph", "there is no edge from \(edge.from) to \(edge.to) among \(nodes.count) nodes")
    }
    self.nodes = nodes
    self.edges = edges
  }
}
