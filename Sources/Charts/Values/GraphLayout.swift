import Support

/// Where the nodes of a graph go: in columns from input to output, so that every edge leads to the right, and in each column in
/// an order in which few edges cross.
///
/// Source: Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures", 1981.
struct GraphLayout {
  /// The column of each node, and its height in the column; rows are a unit high, columns a unit wide.
  let places: [(x: Double, y: Double)]
  /// For each edge the places between its ends, one in each column that it crosses.
  let bends: [[(x: Double, y: Double)]]
  let columns: Int
  let rows: Int

  private struct Slot {
    let column: Int
    var left: [Int] = [], right: [Int] = []
    var y = 0.0
  }

  init(_ graph: ComputationGraph) {
    let column = Self.columns(of: graph)
    var slots = column.map { Slot(column: $0) }
    // An edge that crosses columns has a slot in each, so that no node stands in its way.
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
    for sweep in 0..<8 {
      for index in sweep % 2 == 0 ? Array(members.indices) : members.indices.reversed() {
        let wishes = Dictionary(
          uniqueKeysWithValues: members[index].map { slot in
            let near = sweep % 2 == 0 ? slots[slot].left : slots[slot].right
            return (slot, near.isEmpty ? slots[slot].y : near.reduce(0) { $0 + slots[$1].y } / Double(near.count))
          })
        members[index].sort { (wishes[$0]!, $0) < (wishes[$1]!, $1) }
        for (place, slot) in members[index].enumerated() {
          slots[slot].y = Double(place) - Double(members[index].count - 1) / 2
        }
      }
    }
    // Rows grow downwards on the way, and up on the axis.
    func place(_ slot: Int) -> (x: Double, y: Double) { (Double(slots[slot].column), -slots[slot].y) }
    places = graph.nodes.indices.map(place)
    bends = chains.map { $0.map(place) }
    columns = count
    rows = members.map(\.count).max() ?? 1
  }

  /// One more than the last node before, but what nothing leads to stands right before what it leads to.
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
      if rounds > graph.nodes.count + 1 { stop("ComputationGraph", "its edges lead in a circle") }
    }
    let targets = Set(graph.edges.map(\.to))
    for node in columns.indices where !targets.contains(node) {
      let next = graph.edges.filter { $0.from == node }.map { columns[$0.to] }.min()
      if let next { columns[node] = next - 1 }
    }
    return columns
  }
}
