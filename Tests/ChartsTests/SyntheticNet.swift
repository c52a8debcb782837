import Foundation
import RunFile

/// Runs of one step whose sites do not form a chain, for gradient profiles.
enum SyntheticNet: String, CaseIterable {
  /// A cell that is called 20 times, with the gradient 0.01 · 0.7^(19 − t) at call t, and a layer behind it.
  case recurrent
  /// Five pairs of parallel layers between a stem and a head; the left layer of a pair has four times as many elements as the right
  /// one, and half its gradient.
  case branches

  /// The gradients at the sites of a run, and its sites.
  private var rows: [(site: Site, gradient: Double)] {
    var rows: [(site: Site, gradient: Double)] = []
    func add(_ module: String, call: Int = 0, _ kind: ModuleKind, depth: Int, width: Int, _ gradient: Double) {
      let site = Site(
        id: rows.count, module: module, call: call, kind: kind, depth: depth, isLayer: kind == .linear,
        shape: [8, width])
      rows.append((site, gradient))
    }
    switch self {
    case .recurrent:
      for time in 0..<20 {
        let gradient = 0.01 * pow(0.7, Double(19 - time))
        add("cell.input", call: time, .linear, depth: 1, width: 4, gradient / 2)
        add("cell.state", call: time, .linear, depth: time + 1, width: 4, gradient / 3)
        add("cell", call: time, "Cell", depth: time + 1, width: 4, gradient)
      }
      add("head", .linear, depth: 21, width: 1, 0.05)
    case .branches:
      add("stem", .linear, depth: 1, width: 16, 1e-3)
      for pair in 0..<5 {
        add("left.\(pair)", .linear, depth: pair + 2, width: 16, 1e-3 * pow(2, Double(pair + 1)))
        add("right.\(pair)", .linear, depth: pair + 2, width: 4, 2e-3 * pow(2, Double(pair + 1)))
      }
      add("head", .linear, depth: 7, width: 10, 0.064)
    }
    return rows
  }

  /// Writes the run into a folder and opens it.
  func run(in folder: String) throws -> Run {
    let writer = try RunWriter(path: "\(folder)/\(rawValue).rheo", meta: [.experiment: "nets", .variant: rawValue])
    let rows = rows
    try writer.define(sites: rows.map(\.site))
    try writer.append(
      step: StepRow(step: 0, loss: 1, seconds: 0),
      layers: rows.map { site, gradient in
        var row = LayerRow(step: 0, site: site.id)
        row[.gradientRMS] = gradient
        return row
      })
    return try writer.finish()
  }
}
