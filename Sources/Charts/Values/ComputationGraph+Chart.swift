import Foundation
import Plotting
import Support

extension Chart {
  /// A computation graph from input to output: a box a node, and on each edge an arrow forward with the value that flows there
  /// and a dashed arrow back with the gradient.
  ///
  /// `words` say what the numbers are. A graph of many nodes leaves out numbers that have no room. Throws a `ChartError` where
  /// there are no nodes.
  public static func computationGraph(
    _ graph: ComputationGraph, title: String = "Computation graph", words: String = "value forward, gradient backward"
  ) throws -> Figure {
    guard !graph.nodes.isEmpty else { throw ChartError.notGiven(what: "nodes") }
    let layout = GraphLayout(graph)
    let low = layout.places.map(\.y).min()! - 0.6, high = layout.places.map(\.y).max()! + 0.6
    let bends = layout.bends.joined().map(\.y)
    var panel = Panel(
      x: Axis(.linear, range: -0.45...Double(layout.columns) - 0.55, hasGrid: false, isVisible: false),
      y: Axis(
        .linear, range: min(low, (bends.min() ?? 0) - 0.4)...max(high, (bends.max() ?? 0) + 0.4), hasGrid: false,
        isVisible: false))
    let routes = graph.edges.indices.map { GraphRoute($0, graph, layout) }
    panel.marks = routes.flatMap(\.arrows)
    panel.marks += zip(graph.nodes, layout.places).map { node, place in
      BoxMark(
        x: place.x - GraphRoute.halfWidth...place.x + GraphRoute.halfWidth,
        y: place.y - GraphRoute.halfHeight...place.y + GraphRoute.halfHeight, text: node.name)
    }
    panel.marks.append(
      TextMark(routes.flatMap(\.labels), room: 1 - 2 * GraphRoute.halfWidth - 0.06, hasGround: true))
    return Figure(
      title: title, subtitle: words,
      caption: layout.columns > 40 ? "Too deep for names and numbers; draw a part of it to read them." : "",
      panels: [panel],
      legend: [
        LegendEntry("forward", ink: .series(0), sample: .line([], width: 1.5)),
        LegendEntry("gradient", ink: .series(1), sample: .line([4, 3], width: 1.5)),
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
      (["A computation graph of \(count) node\(count == 1 ? "" : "s")."] + lines.map { $0 + "." }
      + (rest > 0 ? ["And \(rest) more edges."] : [])).joined(separator: " ")
  }
}

/// The way of one edge from box to box, and where its numbers stand.
private struct GraphRoute {
  static let halfWidth = 0.26, halfHeight = 0.27
  /// Between the arrow forward and the arrow back.
  private static let gap = 0.045

  private let places: [(x: Double, y: Double)]
  private let edge: ComputationGraph.Edge

  init(_ index: Int, _ graph: ComputationGraph, _ layout: GraphLayout) {
    edge = graph.edges[index]
    let from = edge.from, to = edge.to
    /// How far from a box' middle an edge begins: those that lead further up begin higher.
    func offset(_ edges: [Int], _ next: (Int) -> (x: Double, y: Double)) -> Double {
      let order = edges.sorted { (next($0).y, $0) < (next($1).y, $1) }
      let place = Double(order.firstIndex(of: index)!) - Double(order.count - 1) / 2
      return place * min(0.24, 0.4 / Double(order.count))
    }
    let leaving = graph.edges.indices.filter { graph.edges[$0].from == from }
    let arriving = graph.edges.indices.filter { graph.edges[$0].to == to }
    let start =
      layout.places[from].y
      + offset(leaving) { layout.bends[$0].first ?? layout.places[graph.edges[$0].to] }
    let end = layout.places[to].y + offset(arriving) { layout.bends[$0].last ?? layout.places[graph.edges[$0].from] }
    places =
      [(layout.places[from].x + Self.halfWidth, start)] + layout.bends[index]
      + [(layout.places[to].x - Self.halfWidth, end)]
  }

  var arrows: [any Mark] {
    let x = places.map(\.x), y = places.map(\.y)
    var arrows: [any Mark] = [
      ArrowMark(x: x, y: y.map { $0 + Self.gap }, ink: .series(0), width: 1.3)
    ]
    if edge.gradient != nil {
      arrows.append(
        ArrowMark(x: x.reversed(), y: y.reversed().map { $0 - Self.gap }, ink: .series(1), width: 1.3, dash: [4, 3]))
    }
    return arrows
  }

  /// The value above the gradient, in the middle of the way to the next column.
  var labels: [TextMark.Label] {
    let x = (places[0].x + places[1].x) / 2, y = (places[0].y + places[1].y) / 2
    let value = edge.value.map { TextMark.Label(x: x, y: y, lift: 0.5, formatSignificant($0), ink: .series(0)) }
    let gradient = edge.gradient.map { TextMark.Label(x: x, y: y, lift: -0.5, formatSignificant($0), ink: .series(1)) }
    return [value, gradient].compactMap { $0 }
  }
}
