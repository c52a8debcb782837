import Foundation
import Plotting
import RunFile
import Support

extension Chart {
  /// A heatmap of log₂(first / second) of a quantity of two runs, by default the RMS of gradients, layers × steps: 0, the lightest
  /// colour, is equal, and 1 is twice as large in the first.
  ///
  /// The runs are the first seeds of two variants, or two runs of the same variant. Layers are paired by path and kind, and steps by
  /// number. A layer that only one run has is a row without a ratio, whose label names the run; the caption counts the steps that only one
  /// has. Throws a `ChartError` unless there are two runs that share a layer and a step.
  public static func comparison(
    of source: some RunSource, quantity: LayerQuantity = .gradientRMS, _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    let runs = source.runs
    let variants = try RunGroup.all(of: runs)
    let pair = variants.count == 1 ? runs : variants.map { $0.runs[0] }
    guard pair.count == 2 else { throw ChartError.notTwo(count: pair.count) }
    let names =
      variants.count == 2
      ? variants.map(\.name)
      : pair.map { run in run.seed.map { "seed \($0)" } ?? (run.path as NSString).lastPathComponent }
    let grids = try pair.map { run in
      let grid = LayerGrid(try run.layers(quantity))
      return grid.arranged(LayerSelection(grid, options)?.rows.map { grid.rows[$0] } ?? [])
    }
    let ratio = PairedLayers(grids[0], grids[1], names: names)
    guard ratio.shared > 0, let selection = LayerSelection(ratio.grid, options, rows: Array(ratio.grid.rows.indices)),
      !selection.recordedRows.isEmpty
    else {
      throw ChartError.notRecorded(what: "\(quantity.label) in both runs", paths: pair.map(\.path))
    }
    let label = "log₂ of \(quantity.label), \(names[0]) over \(names[1])"
    let known = zip(pair, variants.count == 2 ? names : names.map { "\(variants[0].name), \($0)" }).map { run, name in
      variants.count == 2 && run.seed != nil ? "\(name), seed \(run.seed!)" : name
    }
    let map = LayerHeatmap([.init(name: names[0], selection: selection)], label: label, .symmetric)
    var figure = map.figure(
      title: title("\(names[0]) against \(names[1])", runs),
      subtitle: subtitle(pair, "\(quantity.label), \(known[0]) over \(known[1])"))
    figure.colorBar?.title = "log₂(\(names[0]) ÷ \(names[1]))"
    figure.caption =
      (["0: equal; +1: twice as large in \(names[0]); −1: twice as large in \(names[1])."] + ratio.remarks + [
        figure.caption
      ])
      .joined(separator: " ")
    figure.description += ratio.remarks.map { " " + $0 }.joined()
    return figure
  }
}

/// The logarithm of the ratio of two runs, layers × steps.
private struct PairedLayers {
  /// A row for each layer of either run, a column for each step of both.
  let grid: LayerGrid
  /// The number of layers that both have.
  let shared: Int
  /// What only one has, in sentences.
  let remarks: [String]

  init(_ first: LayerGrid, _ second: LayerGrid, names: [String]) {
    let columns = Dictionary(second.steps.enumerated().map { ($1, $0) }) { one, _ in one }
    let steps = first.steps.indices.filter { columns[first.steps[$0]] != nil }
    func rows(_ grid: LayerGrid) -> [LayerGrid.Identity: Int] {
      Dictionary(grid.rows.enumerated().map { ($1.identity, $0) }) { one, _ in one }
    }
    let ours = rows(first), theirs = rows(second), all = LayerGrid.union([first.rows, second.rows])
    var only = [0, 0], labelled: [LayerGrid.Row] = []
    let cells = all.map { row -> [Double?] in
      guard let one = ours[row.identity], let other = theirs[row.identity] else {
        let owner = ours[row.identity] == nil ? 1 : 0
        only[owner] += 1
        labelled.append(LayerGrid.Row(path: row.path, site: row.site, note: ", only \(names[owner])"))
        return steps.map { _ in nil }
      }
      labelled.append(row)
      return steps.map { step in
        guard let value = first.grid[one, step], let divisor = second.grid[other, columns[first.steps[step]]!] else {
          return nil
        }
        return log2(value / divisor)
      }
    }
    grid = LayerGrid(rows: labelled, steps: steps.map { first.steps[$0] }, grid: Grid(cells))
    shared = all.count - only[0] - only[1]
    var remarks = zip(only, names).filter { $0.0 > 0 }.map { "\(counted($0.0, "layer")) of \($0.1) only." }
    let left = first.steps.count + second.steps.count - 2 * steps.count
    if left > 0 {
      remarks.append("\(counted(left, "step")) that only one run has \(left == 1 ? "is" : "are") left out.")
    }
    self.remarks = remarks
  }
}
