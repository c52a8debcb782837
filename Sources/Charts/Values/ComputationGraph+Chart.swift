import Foundation
import Plotting
import Support

extension Chart {
  /// A computation graph from input to output: one box per node, and per edge an arrow with the value of the forward pass and a
  /// dashed arrow in the other direction with the gradient.
  ///
  /// `subtitle` tells what the numbers are. Numbers that do not fit are left out. Throws a `ChartError` if there are no nodes.
  /// Stops the program if the edges form a cycle.
  public static func computationGraph(
    _ graph: ComputationGraph, title: String = "Computation graph",
    subtitle: String = "value forward, gradient backward"
  ) throws -> Figure {
    guard !graph.nodes.isEmpty else { throw ChartError.notGiven(what: "nodes") }
    let layout = GraphLayout(graph)
    let low = layout.positions.map(\.y).min()! - 0.6, high = layout.positions.map(\.y).max()! + 0.6
    let bends = layout.bends.joined().map(\.y)
    var panel = Panel(
      x: Axis(.linear, range: -0.45...Double(layout.columns) - 0.55, hasGrid: false, isVisible: false),
      y: Axis(
        .linear, range: min(low, (bends.min() ?? 0) - 0.4)...max(high, (bends.max() ?? 0) + 0.4), hasGrid: false,
        isVisible: false))
    let routes = graph.edges.indices.map { GraphRoute($0, graph, layout) }
    panel.marks = routes.flatMap(\.arrows)
    panel.marks += zip(graph.nodes, layout.positions).map { node, position in
      BoxMark(
        x: position.x - GraphRoute.halfWidth...position.x + GraphRoute.halfWidth,
        y: position.y - GraphRoute.halfHeight...position.y + GraphRoute.halfHeight, text: node.name)
    }
    panel.marks.append(
      TextMark(routes.flatMap(\.labels), maximumWidth: 1 - 2 * GraphRoute.halfWidth - 0.06, hasBackground: true))
    return Figure(
      title: title, subtitle: subtitle,
      caption: layout.columns > 40 ? "Too deep for names and numbers; draw a part of it to read them." : "",
      panels: [panel],
      legend: [
        LegendEntry("forward", color: .series(0), sample: .line([], width: 1.5)),
        LegendEntry("gradient", color: .series(1), sample: .line([4, 3], width: 1.5)),
      ], description: description(of: graph),
      size: Size(
        width: min(max(520, 30 + 200 * Double(layout.columns)), 6000),
        height: min(max(240, 110 + 115 * Double(layout.rows)), 6000)))
  }

  private static func description(of graph: ComputationGraph) -> String {
    let lines = graph.edges.prefix(40).map { edge in
      let numbers = [
        edge.value.map { "value \(formatSignificant($0))" }, edge.gradient.map { "gradient \(formatSignificant($0))" },
      ]
      .compactMap { $0 }.joined(separator: ", ")
      return "\(graph.nodes[edge.from].name) to \(graph.nodes[edge.to].name)" + (numbers.isEmpty ? "" : ": \(numbers)")
    }
    let rest = graph.edges.count - lines.count
    let count = graph.nodes.count
    return
      (["A computation graph of \(counted(count, "node"))."] + lines.map { $0 + "." }
      + (rest > 0 ? ["And \(rest) more edges."] : [])).joined(separator: " ")
  }
}

/// The line of one edge from box to box, and the positions of its numbers.
private struct GraphRoute {
  /// Half the size of a box, in columns and rows.
  static let halfWidth = 0.26, halfHeight = 0.27
  /// Half the distance between the arrows of the forward and the backward pass.
  private static let gap = 0.045

  private let points: [(x: Double, y: Double)]
  private let edge: ComputationGraph.Edge

  init(_ index: Int, _ graph: ComputationGraph, _ layout: GraphLayout) {
    edge = graph.edges[index]
    let from = edge.from, to = edge.to
    /// The distance from the middle of a box at which an edge starts: edges to higher boxes start higher.
    func offset(_ edges: [Int], _ next: (Int) -> (x: Double, y: Double)) -> Double {
      let order = edges.sorted { (next($0).y, $0) < (next($1).y, $1) }
      let rank = Double(order.firstIndex(of: index)!) - Double(order.count - 1) / 2
      return rank * min(0.24, 0.4 / Double(order.count))
    }
    let leaving = graph.edges.indices.filter { graph.edges[$0].from == from }
    let arriving = graph.edges.indices.filter { graph.edges[$0].to == to }
    let start =
      layout.positions[from].y
      + offset(leaving) { layout.bends[$0].first ?? layout.positions[graph.edges[$0].to] }
    let end =
      layout.positions[to].y + offset(arriving) { layout.bends[$0].last ?? layout.positions[graph.edges[$0].from] }
    points =
      [(layout.positions[from].x + Self.halfWidth, start)] + layout.bends[index]
      + [(layout.positions[to].x - Self.halfWidth, end)]
  }

  var arrows: [any Mark] {
    let x = points.map(\.x), y = points.map(\.y)
    var arrows: [any Mark] = [
      ArrowMark(x: x, y: y.map { $0 + Self.gap }, color: .series(0), width: 1.3)
    ]
    if edge.gradient != nil {
      arrows.append(
        ArrowMark(x: x.reversed(), y: y.reversed().map { $0 - Self.gap }, color: .series(1), width: 1.3, dash: [4, 3]))
    }
    return arrows
  }

  /// The value and, below it, the gradient, halfway to the next column.
  var labels: [TextMark.Label] {
    let x = (points[0].x + points[1].x) / 2, y = (points[0].y + points[1].y) / 2
    let value = edge.value.map { TextMark.Label(x: x, y: y, lineOffset: 0.5, formatSignificant($0), color: .series(0)) }
    let gradient = edge.gradient.map {
      TextMark.Label(x: x, y: y, lineOffset: -0.5, formatSignificant($0), color: .series(1))
    }
    return [value, gradient].compactMap { $0 }
  }
}
