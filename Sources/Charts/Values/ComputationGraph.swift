import Support

/// A computation graph: operations, and the tensors that pass between them.
public struct ComputationGraph: Sendable, Hashable {
  /// A node: an operation, a parameter or an input.
  public struct Node: Sendable, Hashable {
    /// The text in its box, such as "matmul" or "W₁".
    public var name: String

    /// A node with a name.
    public init(_ name: String) { self.name = name }
  }

  /// A tensor that one node produces and another takes.
  public struct Edge: Sendable, Hashable {
    /// The indices in `nodes` of the node that produces the tensor and of the node that takes it.
    public var from, to: Int
    /// The value in the forward pass, such as the RMS of the tensor; nil is not drawn.
    public var value: Double?
    /// The gradient in the backward pass, such as the RMS of dL/d(tensor); nil is not drawn.
    public var gradient: Double?

    /// An edge between two indices of `nodes`; without numbers by default.
    public init(from: Int, to: Int, value: Double? = nil, gradient: Double? = nil) {
      self.from = from
      self.to = to
      self.value = value
      self.gradient = gradient
    }
  }

  /// The nodes, in any order.
  public var nodes: [Node]
  /// The edges. They must not form a cycle.
  public var edges: [Edge]

  /// A graph of nodes and edges. Stops the program if an edge has an index that is not in `nodes`.
  public init(nodes: [Node], edges: [Edge]) {
    for edge in edges where !nodes.indices.contains(edge.from) || !nodes.indices.contains(edge.to) {
      stop(
        "ComputationGraph",
        "the edge from \(edge.from) to \(edge.to) has no such nodes; the graph has \(counted(nodes.count, "node")), counted from 0"
      )
    }
    self.nodes = nodes
    self.edges = edges
  }
}
