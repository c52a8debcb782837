import Foundation
import Plotting
import RunFile

extension Chart {
  /// A heatmap of a quantity over layers and steps: how far blame travels back from the output.
  public static func gradientFlow(of run: Run, quantity: LayerQuantity = .gradientRMS, theme: Theme = .light) throws
    -> Figure
  {
    try gradientFlow(of: [run], quantity: quantity, theme: theme)
  }

  /// A heatmap a variant (of its first seed), side by side with the same colours. Rows are the layers that have weights, or all
  /// sites where none has; input below, output above.
  public static func gradientFlow(of runs: [Run], quantity: LayerQuantity = .gradientRMS, theme: Theme = .light) throws
    -> Figure
  {
    guard !runs.isEmpty else { throw ChartError.noRuns }
    let variants = Variant.grouping(runs)
    let flows = try variants.map { try Flow($0.runs[0], quantity) }
    let colors = ColorScale(fitting: flows.lazy.flatMap(\.values))
    var kinds: Set<ColorScale.Kind> = []
    var panels: [Panel] = []
    for (variant, flow) in zip(variants, flows) {
      let cells = Cells(rows: flow.sites.count, columnEdges: flow.edges, values: flow.values, colors: colors)
      kinds.formUnion(cells.specialKinds)
      var x = Axis("step", Scale(.linear, from: flow.edges[0], to: flow.edges[flow.edges.count - 1]))
      x.integers = true
      x.showsGrid = false
      var y = Axis("layer", Scale(.linear, from: 0, to: Double(flow.sites.count)))
      y.names = flow.sites.enumerated().map { (Double($0.offset) + 0.5, layerName($0.element)) }
      y.ends = ("input", "output")
      y.showsGrid = false
      var panel = Panel(x: x, y: y, marks: [.cells(cells)])
      panel.title = variants.count > 1 || run(variant) != nil ? variant.name : ""
      panels.append(panel)
    }
    var figure = Figure(
      title: "\(quantity.words.title)\(title(runs))", panels: panels,
      description: "\(quantity.words.title), layers by steps. "
        + zip(variants, flows).map { "\($0.name): \($1.inWords)" }.joined(separator: " "))
    figure.theme = theme
    figure.columns = min(panels.count, 3)
    let rows = (panels.count + figure.columns - 1) / figure.columns
    figure.size = Size(figure.columns == 1 ? 720 : 900, rows == 1 ? 440 : 120 + 300 * Double(rows))
    figure.sharesY = Set(flows.map { $0.sites.map(\.path) }).count == 1
    figure.subtitle = settings(runs)
    figure.colorBar = ColorBar(quantity.words.label, colors, kinds: kinds)
    let seeds = Set(variants.map { $0.runs[0].seed })
    let clipped = flows.contains { flow in
      flow.values.contains { $0.map { $0 != 0 && ($0 < colors.lower || $0 > colors.upper) } ?? false }
    }
    figure.caption =
      (seeds.count == 1 && seeds.first! != nil ? "Seed \(seeds.first!!) of each variant. " : "")
      + "Rows are layers with weights, in forward order; colours cover the 2nd to 98th percentile in whole decades"
      + (clipped ? ", values beyond have the end’s colour" : "") + "."
    return figure
  }

  private static func run(_ variant: Variant) -> String? { variant.runs[0].variant }
}

/// The rows and columns of a heatmap.
private struct Flow {
  let sites: [Site]
  let edges: [Double]
  let values: [Double?]
  let inWords: String

  init(_ run: Run, _ quantity: LayerQuantity) throws {
    let matrix = try run.layers(quantity)
    let rows = weightedRows(run.sites)
    guard !rows.isEmpty, !matrix.steps.isEmpty else { throw ChartError.nothingRecorded(path: run.path, what: "layers") }
    sites = rows.map { run.sites[$0] }
    let steps = matrix.steps.map(Double.init)
    // A column reaches from its step to the next one recorded.
    edges = steps + [steps[steps.count - 1] + (steps.count > 1 ? steps[steps.count - 1] - steps[steps.count - 2] : 1)]
    values = rows.flatMap { row in steps.indices.map { matrix[row, $0] } }
    func ends(_ column: Int) -> String {
      let first = matrix[rows[0], column], last = matrix[rows[rows.count - 1], column]
      return
        "\(first.map { brief($0) } ?? "not recorded") at the first layer and \(last.map { brief($0) } ?? "not recorded") at the last"
    }
    inWords =
      "\(ends(0)) at step \(matrix.steps[0]), \(ends(steps.count - 1)) at step \(matrix.steps[steps.count - 1])."
  }
}

/// A site's path, or the number of its layer where the path is only numbers.
func layerName(_ site: Site) -> String {
  site.path.allSatisfy { $0.isNumber || $0 == "." } ? "\(site.depth)" : site.path
}

/// The places of the sites that have weights of their own, or all where none has.
func weightedRows(_ sites: [Site]) -> [Int] {
  let weighted = sites.indices.filter { sites[$0].parameters > 0 }
  return weighted.isEmpty ? Array(sites.indices) : weighted
}

extension LayerQuantity {
  /// How a chart of this quantity is called, and what its axis says.
  var words: (title: String, label: String) {
    switch self {
    case .gradientRMS: ("Gradient flow", "RMS of dL/d(layer’s output)")
    case .gradientMax: ("Largest gradients", "max |dL/d(layer’s output)|")
    case .weightGradientNorm: ("Weight gradients", "‖dL/dW‖")
    case .updateNorm: ("Updates", "‖ΔW‖")
    case .activationRMS: ("Activations", "RMS of the layer’s output")
    default: (column, column)
    }
  }
}
