import Plotting
import RunFile

/// The charts: run files in, a figure out. One file each.
public enum Chart {}

/// A chart by the name that the command line knows it by.
public struct ChartKind: Sendable {
  /// As the command line knows it.
  public let name: String
  /// What it shows, in a line.
  public let summary: String
  /// Draws it from one run or several.
  public let figure: @Sendable (_ runs: [Run]) throws -> Figure

  /// All there are.
  public static let all = [
    ChartKind(name: "loss", summary: "loss over steps, a line a seed and a band a variant") {
      try Chart.lossCurves(of: $0)
    },
    ChartKind(name: "gradient-flow", summary: "heatmap of gradient sizes, layers by steps, a panel a variant") {
      try Chart.gradientFlow(of: $0)
    },
    ChartKind(
      name: "gradient-profile", summary: "gradient size over depth at the first step, with the fitted factor a layer"
    ) {
      try Chart.gradientProfile(of: $0)
    },
  ]
}

/// Why a chart can't be drawn.
public enum ChartError: Error, CustomStringConvertible {
  case noRuns
  case nothingRecorded(path: String, what: String)

  /// What was wrong, and what would be right.
  public var description: String {
    switch self {
    case .noRuns: "there is no run to draw; name at least one run file"
    case .nothingRecorded(let path, let what): "\(path) holds no \(what), so there is nothing to draw"
    }
  }
}

/// The runs of one variant, one a seed.
struct Variant {
  let name: String
  let runs: [Run]

  /// Runs by variant, in the order in which variants come first.
  static func grouping(_ runs: [Run]) -> [Variant] {
    var order: [String] = [], members: [String: [Run]] = [:]
    for run in runs {
      let name = run.variant ?? run.experiment ?? withoutFolder(run.path)
      if members[name] == nil { order.append(name) }
      members[name, default: []].append(run)
    }
    return order.map { Variant(name: $0, runs: members[$0]!) }
  }
}

private func withoutFolder(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

extension [Double] {
  /// The value below which a share of the elements lies, between neighbours by proportion; the array is sorted.
  func quantile(_ share: Double) -> Double {
    let place = share * Double(count - 1), low = Int(place)
    return low + 1 < count ? self[low] + (place - Double(low)) * (self[low + 1] - self[low]) : self[low]
  }
}

/// The middle and the band of several seeds' values: minimum to maximum below five, otherwise the middle half.
func spread(_ values: [Double]) -> (lower: Double, median: Double, upper: Double)? {
  let sorted = values.filter { !$0.isNaN }.sorted()
  guard !sorted.isEmpty else { return nil }
  return sorted.count < 5
    ? (sorted[0], sorted.quantile(0.5), sorted[sorted.count - 1])
    : (sorted.quantile(0.25), sorted.quantile(0.5), sorted.quantile(0.75))
}

/// What the band of `spread` is, for captions.
func bandInWords(seeds: Int) -> String { seeds < 5 ? "band: minimum to maximum" : "band: middle half" }

/// “3 seeds”, or “2–3 seeds” where variants differ.
func seedsInWords(_ variants: [Variant]) -> String {
  let counts = variants.map(\.runs.count), low = counts.min() ?? 0, high = counts.max() ?? 0
  return low == high ? "\(low) seed\(low == 1 ? "" : "s")" : "\(low)–\(high) seeds"
}
