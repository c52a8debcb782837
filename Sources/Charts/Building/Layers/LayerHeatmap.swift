import Foundation
import Plotting
import RunFile
import Support

/// A quantity as cells, layers × steps: one panel per variant, all with the same colours.
struct LayerHeatmap {
  struct Part {
    let name: String
    let selection: LayerSelection
    var marked = StepLines([])
  }

  private let parts: [Part]
  /// The title of the colour bar.
  let label: String
  private let style: HeatmapStyle
  private let magnitudes: MagnitudeCounts

  /// Without a style, it is chosen by the values.
  init(_ parts: [Part], label: String, _ style: HeatmapStyle?) {
    let style = style ?? .suitable(for: parts.map(\.selection))
    var magnitudes = MagnitudeCounts()
    for part in parts { magnitudes.add(part.selection, signed: style.isSigned) }
    self.parts = parts
    self.label = label
    self.style = style
    self.magnitudes = magnitudes
  }

  /// A statistic of sites of each variant's first seed. It shows the sites for which `fits` is true, or all sites where no net has such a
  /// site with a value. Throws where nothing of the quantity is recorded.
  init(
    of runs: [Run], _ quantity: LayerQuantity, label: String? = nil, _ style: HeatmapStyle, _ options: ChartOptions,
    where fits: (LayerGrid.Row) -> Bool = { _ in true }
  ) throws {
    try self.init(of: runs, label: label ?? quantity.label, style, options, where: fits) {
      LayerGrid(try $0.layers(quantity))
    }
  }

  /// A statistic of weights of each variant's first seed, of all weights: those without a value too, such as weights that no optimizer
  /// updates. Throws where nothing of it is recorded.
  init(of runs: [Run], _ quantity: WeightQuantity, _ style: HeatmapStyle, _ options: ChartOptions) throws {
    try self.init(of: runs, label: quantity.label, style, options, keepsAll: true, where: { _ in true }) {
      LayerGrid(try $0.weights(quantity))
    }
  }

  /// A measure of sites of each variant's first seed. Throws where none of that name is recorded.
  init(
    of runs: [Run], measure name: MeasureName, label: String, _ style: HeatmapStyle?, _ options: ChartOptions
  ) throws {
    try self.init(of: runs, label: label, style, options, where: { _ in true }) {
      let (steps, grid) = try $0.measureGrid(name)
      return LayerGrid(rows: $0.sites.map { LayerGrid.Row(path: $0.path, site: $0) }, steps: steps, grid: grid)
    }
  }

  private init(
    of runs: [Run], label: String, _ style: HeatmapStyle?, _ options: ChartOptions, keepsAll: Bool = false,
    where fits: (LayerGrid.Row) -> Bool, _ grid: (Run) throws -> LayerGrid
  ) throws {
    let variants = try RunGroup.all(of: runs)
    let grids = try variants.map { try grid($0.runs[0]) }
    guard let selections = LayerSelection.together(grids, options, keepsAll: keepsAll, where: fits) else {
      throw ChartError.missing(label, in: runs)
    }
    let parts = zip(variants, selections).map { variant, selection in
      let steps = selection.steps[0]...selection.steps[selection.steps.count - 1]
      return Part(
        name: variant.name, selection: selection,
        marked: StepLines(options.marks, of: [variant.runs[0]], within: steps))
    }
    self.init(parts, label: label, style)
  }

  func figure(title: String, _ runs: [Run]) throws -> Figure {
    let explanation = ([label, firstSeedNote(try RunGroup.all(of: runs))] + failures.prefix(2)).filter { !$0.isEmpty }
      .joined(separator: "; ")
    return figure(title: title, subtitle: subtitle(runs, explanation))
  }

  func figure(title: String, subtitle: String) -> Figure {
    // One pass over all values.
    let range = rangeNote
    let hasOneNet = parts.allSatisfy { $0.selection.paths == parts[0].selection.paths }
    return Figure(
      title: title, subtitle: subtitle, caption: range,
      panels: panels(titled: parts.count > 1), columns: min(parts.count, 3), sharesAxes: hasOneNet && parts.count > 1,
      colorBar: key, description: (["Heatmap of the \(label)."] + sentences + [range]).joined(separator: " "),
      size: Size(width: 900, height: parts.count > 3 ? 760 : 520))
  }

  /// The range of the colours, and how much lies outside of it; the caption of `figure`.
  private var rangeNote: String {
    let range = style.range(magnitudes)
    var above = 0, below = 0, all = 0, highest = -Double.infinity, lowest = Double.infinity
    for part in parts {
      let width = part.selection.steps.count
      for row in part.selection.rows {
        for value in part.selection.values[row * width..<(row + 1) * width] where value.isFinite {
          if !style.isLogarithmic || value > 0 {
            all += 1
            if value > range.upperBound { above += 1 }
            if value < range.lowerBound { below += 1 }
            highest = max(highest, value)
            lowest = min(lowest, value)
          }
        }
      }
    }
    func share(_ count: Int) -> String { "\(formatSignificant(100 * Double(count) / Double(all))) % of the values" }
    let outside = [
      above > 0 ? "\(share(above)) lie above, up to \(formatSignificant(highest))" : "",
      below > 0 ? "\(share(below)) lie below, down to \(formatSignificant(lowest))" : "",
    ].filter { !$0.isEmpty }
    return "Colours range from \(formatSignificant(range.lowerBound)) to \(formatSignificant(range.upperBound))"
      + (outside.isEmpty ? "." : "; " + outside.joined(separator: ", ") + ".")
  }

  var key: ColorBar { style.key(magnitudes, title: label) }

  func panels(titled: Bool) -> [Panel] {
    let colors = style.colors(magnitudes)
    return parts.map { part in
      let selection = part.selection, names = LayerNames(selection.paths), steps = selection.steps
      let first = steps[0], last = steps[steps.count - 1]
      return Panel(
        title: titled ? part.name : "",
        x: Axis(.integer, "step", hasGrid: false, isTight: true),
        y: Axis(
          .categorical(zip(names.labels, selection.rows).map { $0 + selection.source.rows[$1].note }), names.title,
          ends: ("input", "output"), hasGrid: false, isTight: true),
        marks: [
          CellMark(
            columns: steps.map(Double.init), rows: selection.rows, values: selection.values, colors: colors,
            width: Double(first) - 0.5...Double(last) + 0.5,
            units: (last - first == steps.count - 1 ? "steps" : "recorded steps", "layers"),
            isMissing: selection.isMissing)
        ] + (part.marked.lines.isEmpty ? [] : [part.marked] as [any Mark]))
    }
  }

  /// The panels as one row of a figure of several quantities: each panel's title names the variant and the quantity, and a colour bar
  /// stands beside the last one.
  func row(headed heading: String, of variants: [RunGroup], barTitle: String) -> [Panel] {
    var row = panels(titled: variants.count > 1)
    for index in row.indices {
      row[index].title = [row[index].title, heading].filter { !$0.isEmpty }.joined(separator: ": ")
    }
    row[row.count - 1].colorBar = key
    row[row.count - 1].colorBar?.title = barTitle
    return row
  }

  /// What the cells show, one sentence per panel, for the alternative text.
  var sentences: [String] {
    parts.map { part in
      let selection = part.selection, width = selection.steps.count, rows = selection.recordedRows
      let name = parts.count > 1 ? "\(part.name): " : ""
      guard let first = rows.first, let last = rows.last else { return "\(name)not recorded." }
      func value(_ row: Int, _ column: Int) -> String {
        selection.isMissing(row, column) ? "nothing" : formatSignificant(selection.values[row * width + column])
      }
      let missing = selection.rows.count - rows.count
      return
        "\(name)\(counted(rows.count, "layer")) over steps \(selection.steps[0]) to \(selection.steps[width - 1]); at the first step "
        + "\(value(first, 0)) at the input and \(value(last, 0)) at the output, at the last step "
        + "\(value(first, width - 1)) and \(value(last, width - 1))"
        + (missing > 0 ? "; not recorded in \(missing) more" : "") + ".\(part.marked.sentence)"
    } + failures.map { $0.capitalizedFirst + "." }
  }

  /// The step of each panel's first value that is not finite.
  private var failures: [String] {
    guard !magnitudes.kinds.allSatisfy({ $0 == .zero || $0 == .notRecorded }) else { return [] }
    return parts.compactMap { part in
      let selection = part.selection, width = selection.steps.count
      for column in 0..<width {
        for row in selection.rows where !selection.values[row * width + column].isFinite {
          if selection.isMissing(row, column) { continue }
          let step = selection.steps[column]
          return parts.count > 1
            ? "\(part.name) is not finite from step \(step)"
            : "first \(formatSignificant(selection.values[row * width + column])) at step \(step)"
        }
      }
      return nil
    }
  }
}

extension String {
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
