import Support

/// The positions of the nodes of a graph: in columns from input to output, so that every edge points to the right, and in each
/// column in an order with few crossings of edges.
///
/// Source: Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures", 1981.
struct GraphLayout {
  /// The position of each node: x is its column, y its row, with a distance of 1 between neighbours.
  let positions: [(x: Double, y: Double)]
  /// For each edge, the positions between its ends, one per column that it crosses.
  let bends: [[(x: Double, y: Double)]]
  let columns: Int
  let rows: Int

  /// A node, or a point of an edge, in a column.
  private struct Slot {
    let column: Int
    var left: [Int] = [], right: [Int] = []
    var y = 0.0
  }

  init(_ graph: ComputationGraph) {
    let column = Self.columns(of: graph)
    var slots = column.map { Slot(column: $0) }
    // An edge has a slot in each column that it crosses, so that it passes no box.
    var chains: [[Int]] = []
    for edge in graph.edges {
      var chain: [Int] = [], last = edge.from
      for between in column[edge.from] + 1..<max(column[edge.to], column[edge.from] + 1) {
        slots.append(Slot(column: between))
        chain.append(slots.count - 1)
      }
      for next in chain + [edge.to] {
        slots[last].right.append(next)
        slots[next].left.append(last)
        last = next
      }
      chains.append(chain)
    }
    let count = (column.max() ?? 0) + 1
    var members = [[Int]](repeating: [], count: count)
    for slot in slots.indices { members[slots[slot].column].append(slot) }
    for pass in 0..<8 {
      for index in pass % 2 == 0 ? Array(members.indices) : members.indices.reversed() {
        let wanted = Dictionary(
          uniqueKeysWithValues: members[index].map { slot in
            let near = pass % 2 == 0 ? slots[slot].left : slots[slot].right
            return (slot, near.isEmpty ? slots[slot].y : near.reduce(0) { $0 + slots[$1].y } / Double(near.count))
          })
        members[index].sort { (wanted[$0]!, $0) < (wanted[$1]!, $1) }
        for (row, slot) in members[index].enumerated() {
          slots[slot].y = Double(row) - Double(members[index].count - 1) / 2
        }
      }
    }
    // Rows are counted downwards, and the axis points up.
    func position(_ slot: Int) -> (x: Double, y: Double) { (Double(slots[slot].column), -slots[slot].y) }
    positions = graph.nodes.indices.map(position)
    bends = chains.map { $0.map(position) }
    columns = count
    rows = members.map(\.count).max() ?? 1
  }

  /// The column of each node: one after the last node that it depends on. Nodes without inputs are in the column before the first
  /// node that takes them.
  private static func columns(of graph: ComputationGraph) -> [Int] {
    var columns = [Int](repeating: 0, count: graph.nodes.count)
    var changed = true, rounds = 0
    while changed {
      changed = false
      for edge in graph.edges where columns[edge.to] <= columns[edge.from] {
        columns[edge.to] = columns[edge.from] + 1
        changed = true
      }
      rounds += 1
      if rounds > graph.nodes.count + 1 { stop("Chart.computationGraph", "the edges form a cycle") }
    }
    let targets = Set(graph.edges.map(\.to))
    for node in columns.indices where !targets.contains(node) {
      let next = graph.edges.filter { $0.from == node }.map { columns[$0.to] }.min()
      if let next { columns[node] = next - 1 }
    }
    return columns
  }
}
