import Plotting
import RunFile

/// Charts of recorded runs: each takes a run, or several variants and seeds, and gives a figure to write or to show.
///
///     try Chart.gradientFlow(of: run).write(to: "gradient-flow.png")
public enum Chart {}

/// What part of the runs a chart shows, and how smooth.
public struct ChartOptions: Sendable, Hashable {
  /// The steps to show; all, if nil.
  public var steps: ClosedRange<Int>?
  /// The layers to show, by path: `*` is one component, `**` any number; all, if nil.
  public var layers: String?
  /// The weight w of the past in b = w b + (1 − w) y, from 0 for none to below 1; as suits the number of steps, if nil.
  public var smoothing: Double?

  /// Options made of their parts; the default shows all.
  public init(steps: ClosedRange<Int>? = nil, layers: String? = nil, smoothing: Double? = nil) {
    self.steps = steps
    self.layers = layers
    self.smoothing = smoothing
  }
}

/// What keeps runs from being drawn.
public enum ChartError: Error, Equatable, CustomStringConvertible {
  /// There are no runs.
  case noRuns
  /// The runs have no steps, or none in the range that was asked for.
  case noSteps(paths: [String])
  /// The runs hold nothing of a quantity, at the steps and layers that were asked for.
  case notRecorded(quantity: LayerQuantity, paths: [String])

  /// One line: what was wrong, where, and what to do.
  public var description: String {
    switch self {
    case .noRuns:
      "no runs to draw; give at least one run file"
    case .noSteps(let paths):
      "\(paths.joined(separator: ", ")): no steps to draw; record at least one, or ask for a range that has some"
    case .notRecorded(let quantity, let paths):
      "\(paths.joined(separator: ", ")): nothing of \(quantity.column) is recorded there; draw another quantity, or ask for "
        + "steps and layers that have it"
    }
  }
}
