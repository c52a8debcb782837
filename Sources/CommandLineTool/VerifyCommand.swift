import ExperimentHarness
import Experiments

extension Command {
  static let verify = Command(
    name: "verify", operands: "FOLDER…", operandCount: 1...Int.max,
    summary: "Runs experiments again in a temporary folder, and says what is not as it was.",
    flags: [
      Flag(name: "--jobs", kind: .whole(1...1_024), help: "trials that are under way at once (default: one a core)"),
      Flag(
        name: "--data", kind: .path(placeholder: "DIR"),
        help: "where Fashion-MNIST's four files are (default: where they were)"),
    ])
}

extension Tool {
  func verify(_ arguments: Arguments) throws {
    var differing: [String] = []
    for folder in arguments.operands {
      let result = try Verification(
        ofResultsIn: folder, of: Experiment.all, data: arguments["--data"], jobs: arguments.whole("--jobs"),
        console: Console(isQuiet: true))
      let numbers = "\(result.compared) number\(result.compared == 1 ? "" : "s")"
      console.print(
        result.differences.isEmpty
          ? "\(folder): as it was; \(numbers) and all verdicts compared" : "\(folder): not as it was")
      for line in result.differences { console.print("  ✗ \(line)") }
      for line in result.notes { console.print("  – \(line)") }
      if !result.differences.isEmpty { differing.append(folder) }
    }
    guard differing.isEmpty else { throw DifferingResults(folders: differing) }
  }
}

/// Results that don't come out again.
struct DifferingResults: Error, CustomStringConvertible {
  let folders: [String]

  var description: String { "\(folders.joined(separator: ", ")): the results did not come out again" }
}
