import Foundation
import Plotting
import RunFile

extension Chart {
  /// A heatmap of log₂(first / second) of a quantity of two runs, by default the RMS of gradients, layers × steps: 0, the lightest
  /// colour, is equal, and 1 is twice as large in the first.
  ///
  /// The runs are the first seeds of two variants, or two runs of the same variant. Layers are paired by path and steps by number;
  /// those that only one run has are left out. Throws a `ChartError` unless there are two runs that share a layer and a step.
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
    let first = try pair[0].layers(quantity), second = try pair[1].layers(quantity)
    guard let selection = LayerSelection(ratio(first, second), options) else {
      throw ChartError.notRecorded(what: "\(quantity.label) in both runs", paths: pair.map(\.path))
    }
    let label = "log₂ of \(quantity.label), \(names[0]) over \(names[1])"
    var figure = try LayerHeatmap([.init(name: names[0], selection: selection)], label: label, .symmetric)
      .figure(title: title("\(names[0]) against \(names[1])", runs), pair)
    figure.colorBar?.title = "log₂(\(names[0]) ÷ \(names[1]))"
    figure.caption = "0: equal; +1: twice as large in \(names[0]); −1: twice as large in \(names[1])."
    return figure
  }

  /// log₂(first / second) where both have a layer and a step.
  private static func ratio(_ first: LayerMatrix, _ second: LayerMatrix) -> LayerGrid {
    let rows = Dictionary(second.sites.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { one, _ in one })
    let columns = Dictionary(second.steps.enumerated().map { ($1, $0) }, uniquingKeysWith: { one, _ in one })
    let sites = first.sites.indices.filter { rows[first.sites[$0].path] != nil }
    let steps = first.steps.indices.filter { columns[first.steps[$0]] != nil }
    let cells = sites.map { site in
      let row = rows[first.sites[site].path]!
      return steps.map { step -> Double? in
        guard let one = first[site, step], let other = second[row, columns[first.steps[step]]!] else { return nil }
        return log2(one / other)
      }
    }
    return LayerGrid(
      rows: sites.map { LayerGrid.Row(path: first.sites[$0].path, site: first.sites[$0]) },
      steps: steps.map { first.steps[$0] }, grid: Grid(cells))
  }
}
