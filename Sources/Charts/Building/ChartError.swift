import RunFile
import Support

/// Why runs or values can't be drawn.
public enum ChartError: Error, Equatable, CustomStringConvertible {
  /// The list of runs is empty.
  case noRuns
  /// None of the runs has a step.
  case noSteps(paths: [String])
  /// None of the runs has values of what the chart shows, at the steps and layers that were asked for.
  case notRecorded(what: String, paths: [String])
  /// No run has a measure or scalar of this name; `kind` is "measure" or "scalar", and `recorded` are the names that the runs have.
  case unknownName(kind: String, name: String, recorded: [String], paths: [String])
  /// A comparison needs two runs, or the runs of two variants.
  case notTwo(count: Int)
  /// A map over learning rates needs runs of at least two learning rates.
  case notSeveralRates(count: Int)
  /// A value of a run is not one that the chart can place, such as a learning rate that is NaN.
  case unusableValue(path: String, what: String, value: String, expected: String)
  /// A chart of given values got none.
  case notGiven(what: String)

  /// The error for runs without values of `what`, or without any step.
  static func missing(_ what: String, in runs: [Run]) -> ChartError {
    let paths = runs.map(\.path)
    return runs.allSatisfy(\.steps.isEmpty) ? .noSteps(paths: paths) : .notRecorded(what: what, paths: paths)
  }

  /// One line: what was wrong, where, and what to do. Control characters of paths and names are shown as escapes.
  public var description: String { message.escapedForTerminal }

  private var message: String {
    switch self {
    case .unusableValue(let path, _, _, _): "\(path): \(reason)"
    case .noRuns, .notTwo, .notSeveralRates, .notGiven:
      reason
    case .noSteps(let paths):
      "\(paths.joined(separator: ", ")): \(reason) there; call recorder.step(loss:) behind each step of training"
    case .notRecorded(_, let paths):
      "\(paths.joined(separator: ", ")): \(reason) there; draw another chart, choose other steps or layers, or record it by "
        + "more probes, such as .thorough"
    case .unknownName(let kind, let name, let recorded, let paths):
      "\(paths.joined(separator: ", ")): \(reason) there; "
        + (recorded.isEmpty
          ? "no \(kind) is"
          : "recorded are \(nearestNames(to: name, among: recorded, count: 40).joined(separator: ", "))")
    }
  }

  /// What was wrong, without the paths of the runs.
  public var reason: String {
    switch self {
    case .noRuns: "no runs to draw; give at least one run file"
    case .noSteps: "no step is recorded"
    case .notRecorded(let what, _): "no \(what) is recorded"
    case .unknownName(let kind, let name, _, _): "no \(kind) “\(name)” is recorded"
    case .notTwo(let count): "a comparison needs two runs or two variants, not \(count); give two"
    case .unusableValue(_, let what, let value, let expected): "the \(what) is \(value), but must be \(expected)"
    case .notSeveralRates(let count):
      "a map over learning rates needs runs with at least two learning rates, not \(count); give a sweep"
    case .notGiven(let what): "no \(what) to draw; give at least one"
    }
  }
}

/// The result of `draw`; nil where what it needs is not recorded.
func ifRecorded<Result>(_ draw: () throws -> Result) throws -> Result? {
  do { return try draw() } catch ChartError.notRecorded { return nil } catch ChartError.noSteps { return nil }
}
