import ExperimentHarness
import Experiments
import Support

extension Command {
  static let verify = Command(
    name: "verify", operands: "FOLDER…", operandCount: 1...Int.max,
    summary: "Runs experiments again in a temporary folder and reports differences.",
    flags: [
      Flag(
        name: "--jobs", kind: .whole(1...1_024),
        help: "parallel trials, each of one net with one seed (default: one per core)"),
      Flag(
        name: "--data", kind: .path(placeholder: "DIR"),
        help: "folder with Fashion-MNIST's four files (default: as in the manifest)"),
    ])
}

extension Tool {
  func verify(_ arguments: Arguments) throws {
    var differing: [String] = []
    for folder in arguments.operands {
      let result = try Verification(
        ofResultsIn: folder, of: Experiment.all, data: arguments["--data"], jobs: arguments.whole("--jobs"),
        console: Console(isQuiet: true))
      let numbers = counted(result.compared, "number")
      console.print(
        result.differences.isEmpty
          ? "\(folder): reproduced; \(numbers) and all verdicts compared" : "\(folder): differs")
      for line in result.differences { console.print("  ✗ \(line)") }
      for line in result.notes { console.print("  – \(line)") }
      if !result.differences.isEmpty { differing.append(folder) }
    }
    guard differing.isEmpty else { throw DifferingResults(folders: differing) }
  }
}

/// Results that a second run did not reproduce.
struct DifferingResults: Error, CustomStringConvertible {
  let folders: [String]

  var description: String { "\(folders.joined(separator: ", ")): not reproduced" }
}
