import Foundation
import Plotting
import RunFile

/// Runs that differ in their seed alone.
struct Variant {
  let name: String
  let runs: [Run]
  /// Its place among the variants, which gives it its colour.
  let index: Int

  var ink: Ink { .series(index) }

  /// Runs by their variant, in the order in which they were given; a run without a variant is one of its own.
  static func all(of runs: [Run]) throws -> [Variant] {
    guard !runs.isEmpty else { throw ChartError.noRuns }
    var names: [String] = []
    var members: [String: [Run]] = [:]
    for run in runs {
      let name = run.variant ?? ((run.path as NSString).lastPathComponent as NSString).deletingPathExtension
      if members[name] == nil { names.append(name) }
      members[name, default: []].append(run)
    }
    return names.enumerated().map { Variant(name: $1, runs: members[$1]!, index: $0) }
  }
}

/// "Loss · activations": what a chart shows, and of which experiment.
func title(_ subject: String, _ runs: [Run]) -> String {
  let experiments = Set(runs.map(\.experiment))
  guard experiments.count == 1, let name = runs[0].experiment else { return subject }
  return "\(subject) · \(name)"
}

/// "1 seed", "3 seeds", or "2 to 3 seeds".
func seedCount(_ variants: [Variant]) -> String {
  let counts = variants.map(\.runs.count), low = counts.min() ?? 0, high = counts.max() ?? 0
  return low == high ? "\(low) seed\(low == 1 ? "" : "s")" : "\(low) to \(high) seeds"
}
