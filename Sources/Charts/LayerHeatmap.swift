import Foundation
import Plotting
import RunFile

/// A positive quantity over layers and steps, a panel a variant, on one logarithmic colour scale.
struct LayerHeatmap {
  let quantity: LayerQuantity
  private let parts: [(variant: Variant, selection: LayerSelection)]
  private let census: MagnitudeCensus
  private let colors: ColorScale

  init(of runs: [Run], _ quantity: LayerQuantity, _ options: ChartOptions) throws {
    self.quantity = quantity
    var census = MagnitudeCensus()
    parts = try Variant.all(of: runs).compactMap { variant in
      guard let selection = LayerSelection(try variant.runs[0].layers(quantity), options) else { return nil }
      census.add(selection)
      return (variant, selection)
    }
    guard !parts.isEmpty else { throw ChartError.notRecorded(quantity: quantity, paths: runs.map(\.path)) }
    self.census = census
    colors = ColorScale(Scale(.log, from: census.decades.lowerBound, to: census.decades.upperBound), .viridis)
  }

  func figure(title: String) -> Figure {
    let panels = panels
    let hasOneNet = parts.allSatisfy { $0.selection.sites.map(\.path) == parts[0].selection.sites.map(\.path) }
    return Figure(
      title: title, subtitle: subtitle(parts.map(\.variant.runs[0]), meaning), panels: panels,
      columns: min(panels.count, 3),
      sharesAxes: hasOneNet && panels.count > 1, colorKey: key, description: description,
      size: Size(width: 900, height: panels.count > 3 ? 720 : 520))
  }

  var key: ColorKey {
    ColorKey(
      colors, title: quantity.words, kinds: census.kinds, hasBelow: census.lowest < colors.scale.lower,
      hasAbove: census.highest > colors.scale.upper)
  }

  /// One panel a variant.
  var panels: [Panel] {
    parts.map { variant, selection in
      Panel(
        title: parts.count > 1 ? variant.name : "",
        x: Axis(.integer, "step", hasGrid: false, isTight: true),
        y: Axis(
          .categorical(selection.sites.map(\.path)), "layer", ends: ("input", "output"), hasGrid: false, isTight: true),
        marks: [
          CellMark(
            columns: selection.steps.map(Double.init), rows: selection.rows, values: selection.values, colors: colors,
            isMissing: selection.isMissing)
        ])
    }
  }

  private var meaning: String {
    let seeds = parts.compactMap(\.variant.runs[0].seed), several = parts.contains { $0.variant.runs.count > 1 }
    let seed = several && Set(seeds).count == 1 ? "seed \(seeds[0]) of \(seedCount(parts.map(\.variant)))" : ""
    return (["\(quantity.words), per layer and step", seed] + firstFailures.prefix(2)).filter { !$0.isEmpty }
      .joined(separator: "; ")
  }

  /// Where each variant's first value lies that is not a finite number.
  private var firstFailures: [String] {
    parts.compactMap { variant, selection in
      let width = selection.steps.count
      for column in 0..<width {
        for row in selection.rows {
          let value = selection.values[row * width + column]
          guard !value.isFinite, !selection.isMissing(row, column) else { continue }
          let place = "at step \(selection.steps[column])"
          return parts.count > 1
            ? "\(variant.name) is not finite from step \(selection.steps[column])"
            : "first \(short(value)) \(place)"
        }
      }
      return nil
    }
  }

  private var description: String {
    let panels = parts.map { variant, selection in
      let width = selection.steps.count, rows = selection.rows
      func look(_ row: Int, _ column: Int) -> String {
        selection.isMissing(row, column) ? "nothing" : short(selection.values[row * width + column])
      }
      let name = parts.count > 1 ? "\(variant.name): " : ""
      return
        "\(name)\(rows.count) layers over steps \(selection.steps[0]) to \(selection.steps[width - 1]); at the first step "
        + "\(look(rows[0], 0)) at the input and \(look(rows[rows.count - 1], 0)) at the output, at the last step "
        + "\(look(rows[0], width - 1)) and \(look(rows[rows.count - 1], width - 1))."
    }
    return (["Heatmap of the \(quantity.words)."] + panels + firstFailures.map { $0.capitalizedFirst + "." })
      .joined(separator: " ")
  }
}
