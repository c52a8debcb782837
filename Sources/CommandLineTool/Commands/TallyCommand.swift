import ExperimentHarness
import Experiments

extension Command {
  static let tally = Command(
    name: "tally", operands: "FOLDER…", operandCount: 1...Int.max,
    summary: "Counts from results of experiments in how many seeds each claim holds, and writes a table.",
    flags: [Flag(name: "--out", kind: .file(endings: ["md"]), help: "the table, a Markdown file")])
}

extension Tool {
  func tally(_ arguments: Arguments, typed: [String]) throws {
    let path = try arguments.required("--out", of: .tally)
    try ClaimSummary(ofResultsIn: arguments.operands, of: Experiment.all, command: commandLine(typed)).write(to: path)
    console.print("wrote \(path)")
  }
}
