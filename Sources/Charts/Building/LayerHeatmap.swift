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

  /// A statistic of sites of each variant's first seed. It shows the sites for which `fits` is true, or all sites of a net that has none
  /// of them. Throws where nothing of the quantity is recorded.
  init(
    of runs: [Run], _ quantity: LayerQuantity, label: String? = nil, _ style: HeatmapStyle, _ options: ChartOptions,
    where fits: (LayerGrid.Row) -> Bool = { _ in true }
  ) throws {
    try self.init(of: runs, label: label ?? quantity.label, style, options, where: fits) {
      LayerGrid(try $0.layers(quantity))
    }
  }

  /// A statistic of weights of each variant's first seed. Throws where nothing of it is recorded.
  init(of runs: [Run], _ quantity: WeightQuantity, _ style: HeatmapStyle, _ options: ChartOptions) throws {
    try self.init(of: runs, label: quantity.label, style, options, where: { _ in true }) {
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
    of runs: [Run], label: String, _ style: HeatmapStyle?, _ options: ChartOptions, where fits: (LayerGrid.Row) -> Bool,
    _ grid: (Run) throws -> LayerGrid
  ) throws {
    let parts = try RunGroup.all(of: runs).compactMap { variant in
      let grid = try grid(variant.runs[0])
      return (LayerSelection(grid, options, where: fits) ?? LayerSelection(grid, options)).map { selection in
        let steps = selection.steps[0]...selection.steps[selection.steps.count - 1]
        return Part(
          name: variant.name, selection: selection,
          marked: StepLines(options.marks, of: [variant.runs[0]], within: steps))
      }
    }
    guard !parts.isEmpty else { throw ChartError.missing(label, in: runs) }
    self.init(Self.comparable(parts), label: label, style)
  }

  func figure(title: String, _ runs: [Run]) throws -> Figure {
    let explanation = ([label, try seedNote(runs)] + failures.prefix(2)).filter { !$0.isEmpty }.joined(separator: "; ")
    return figure(title: title, subtitle: subtitle(runs, explanation))
  }

  func figure(title: String, subtitle: String) -> Figure {
    let hasOneNet = parts.allSatisfy { $0.selection.paths == parts[0].selection.paths }
    return Figure(
      title: title, subtitle: subtitle,
      panels: panels(titled: parts.count > 1), columns: min(parts.count, 3), sharesAxes: hasOneNet && parts.count > 1,
      colorBar: key, description: (["Heatmap of the \(label)."] + sentences).joined(separator: " "),
      size: Size(width: 900, height: parts.count > 3 ? 760 : 520))
  }

  /// The layers that all parts have, by path, where that is at least half of each; else all.
  private static func comparable(_ parts: [Part]) -> [Part] {
    let shared = parts.dropFirst().reduce(Set(parts[0].selection.paths)) {
      $0.intersection($1.selection.paths)
    }
    let chosen = parts.map {
      Part(name: $0.name, selection: $0.selection.keeping(shared), marked: $0.marked)
    }
    return zip(chosen, parts).allSatisfy { 2 * $0.selection.rows.count >= $1.selection.rows.count } ? chosen : parts
  }

  var key: ColorBar { style.key(magnitudes, title: label) }

  func panels(titled: Bool) -> [Panel] {
    let colors = style.colors(magnitudes)
    return parts.map { part in
      let selection = part.selection
      return Panel(
        title: titled ? part.name : "",
        x: Axis(.integer, "step", hasGrid: false, isTight: true),
        y: Axis(
          .categorical(selection.paths), "layer", ends: ("input", "output"), hasGrid: false, isTight: true),
        marks: [
          CellMark(
            columns: selection.steps.map(Double.init), rows: selection.rows, values: selection.values, colors: colors,
            isMissing: selection.isMissing)
        ] + (part.marked.lines.isEmpty ? [] : [part.marked] as [any Mark]))
    }
  }

  /// What the cells show, one sentence per panel, for the alternative text.
  var sentences: [String] {
    parts.map { part in
      let selection = part.selection, width = selection.steps.count, rows = selection.rows
      func value(_ row: Int, _ column: Int) -> String {
        selection.isMissing(row, column) ? "nothing" : formatSignificant(selection.values[row * width + column])
      }
      let name = parts.count > 1 ? "\(part.name): " : "", last = rows[rows.count - 1]
      return
        "\(name)\(rows.count) layers over steps \(selection.steps[0]) to \(selection.steps[width - 1]); at the first step "
        + "\(value(rows[0], 0)) at the input and \(value(last, 0)) at the output, at the last step "
        + "\(value(rows[0], width - 1)) and \(value(last, width - 1)).\(part.marked.sentence)"
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

  /// Which seed is shown, where there are several.
  private func seedNote(_ runs: [Run]) throws -> String {
    let variants = try RunGroup.all(of: runs), seeds = Set(variants.map { $0.runs[0].seed })
    guard variants.contains(where: { $0.runs.count > 1 }), seeds.count == 1, let seed = seeds.first, let seed else {
      return ""
    }
    return "seed \(seed) of \(seedCount(variants))"
  }
}

extension String {
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
