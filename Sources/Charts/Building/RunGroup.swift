import Foundation
import Plotting
import RunFile
import Support

/// The runs of one variant, which differ only in their seed.
struct RunGroup {
  let name: String
  let runs: [Run]
  let style: VariantStyle

  /// The number of its shape.
  var index: Int { style.index }
  var color: ColorRole { style.color }

  /// Runs by their variant, in the order in which they were given; a run without a variant is one of its own.
  static func all(of runs: [Run]) throws -> [RunGroup] {
    guard !runs.isEmpty else { throw ChartError.noRuns }
    var names: [String] = []
    var members: [String: [Run]] = [:]
    for run in runs {
      let name =
        run.variant ?? run.experiment ?? ((run.path as NSString).lastPathComponent as NSString).deletingPathExtension
      if members[name] == nil { names.append(name) }
      members[name, default: []].append(run)
    }
    let styles = VariantStyle.styles(of: members.mapValues { $0[0].meta[.variantStyle] })
    return names.map { RunGroup(name: $0, runs: members[$0]!, style: styles[$0]!) }
  }
}

/// A chart's title: what it shows, and the experiment, as in "Loss · activations".
func title(_ subject: String, _ runs: [Run]) -> String {
  let experiments = Set(runs.map(\.experiment))
  guard experiments.count == 1, let name = runs[0].experiment else { return subject }
  return "\(subject) · \(name)"
}

/// A chart's subtitle: the settings that all runs share, and below them how to read the figure.
func subtitle(_ runs: [Run], _ meaning: String) -> String {
  [settings(runs), meaning].filter { !$0.isEmpty }.joined(separator: "\n")
}

/// The settings that all runs share, as in "fashion-mnist · 50 layers · width 64".
private func settings(_ runs: [Run]) -> String {
  let names: [(key: MetaKey, label: (String) -> String)] = [
    (.data, { $0 }), (.depth, { $0 == "1" ? "1 layer" : "\($0) layers" }), (.width, { "width \($0)" }),
    (.batch, { "batch \($0)" }),
    (.optimizer, { $0 }), (.learningRate, { "learning rate \($0)" }),
  ]
  return names.compactMap { key, label in
    let values = Set(runs.map { $0.meta[key] })
    return values.count == 1 ? values.first!.map(label) : nil
  }.joined(separator: " · ")
}

/// "first seed", where a variant has several and the chart shows the first; empty else.
func firstSeedNote(_ variants: [RunGroup]) -> String {
  guard variants.contains(where: { $0.runs.count > 1 }) else { return "" }
  let seeds = Set(variants.map { $0.runs[0].seed })
  return (seeds.count == 1 ? seeds.first!.map { "seed \($0)" } ?? "first seed" : "first seed")
    + " of \(seedCount(variants))"
}

/// "1 seed", "3 seeds", or "2 to 3 seeds".
func seedCount(_ variants: [RunGroup]) -> String {
  let counts = variants.map(\.runs.count), low = counts.min() ?? 0, high = counts.max() ?? 0
  return low == high ? counted(low, "seed") : "\(low) to \(high) seeds"
}
