import Plotting
import RunFile
import Support

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

  /// Whether a layer with this path is shown.
  public func shows(layer path: String) -> Bool { layers.map { PathPattern($0).matches(path) } ?? true }
}

/// What keeps runs from being drawn.
public enum ChartError: Error, Equatable, CustomStringConvertible {
  /// There are no runs.
  case noRuns
  /// No step of any of the runs is recorded.
  case noSteps(paths: [String])
  /// The runs hold nothing of what a chart shows, at the steps and layers that were asked for.
  case notRecorded(what: String, paths: [String])
  /// A comparison needs two runs, or the runs of two variants.
  case notTwo(count: Int)
  /// A map over learning rates needs runs of several.
  case notSeveralRates(count: Int)
  /// A chart of given values got none.
  case notGiven(what: String)

  /// What keeps runs from being drawn that have nothing of what steps leave behind.
  static func missing(_ what: String, in runs: [Run]) -> ChartError {
    let paths = runs.map(\.path)
    return runs.allSatisfy(\.steps.isEmpty) ? .noSteps(paths: paths) : .notRecorded(what: what, paths: paths)
  }

  /// One line: what was wrong, where, and what to do.
  public var description: String {
    switch self {
    case .noRuns, .notTwo, .notSeveralRates, .notGiven:
      reason
    case .noSteps(let paths):
      "\(paths.joined(separator: ", ")): \(reason) there; call recorder.step(loss:) behind each step of training"
    case .notRecorded(_, let paths):
      "\(paths.joined(separator: ", ")): \(reason) there; draw another chart, or ask for steps and layers that have it"
    }
  }

  /// What was wrong, without where.
  public var reason: String {
    switch self {
    case .noRuns: "no runs to draw; give at least one run file"
    case .noSteps: "no step is recorded"
    case .notRecorded(let what, _): "no \(what) is recorded"
    case .notTwo(let count): "a comparison needs two runs or two variants, not \(count); give two"
    case .notSeveralRates(let count): "a map over learning rates needs runs of at least two, not \(count); give a sweep"
    case .notGiven(let what): "no \(what) to draw; give at least one"
    }
  }
}

/// What `draw` gives; nil where what it needs is not recorded.
func ifRecorded<Result>(_ draw: () throws -> Result) throws -> Result? {
  do { return try draw() } catch ChartError.notRecorded { return nil } catch ChartError.noSteps { return nil }
}
