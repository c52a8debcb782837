import ExperimentHarness
import Rheoscope

extension Command {
  static let check = Command(
    name: "check", operands: "RUN [RUN]", operandCount: 1...2,
    summary: "Checks a run file against the format's specification, or whether two runs are equal.", flags: [])
}

extension Tool {
  func check(_ arguments: Arguments) throws {
    let paths = arguments.operands
    if paths.count == 2 {
      let differences = try RunComparison.differences(between: paths[0], and: paths[1])
      guard differences.isEmpty else { throw FailedCheck(what: "\(paths[0]) and \(paths[1]) differ", differences) }
      return console.print("\(paths[0]) and \(paths[1]) are equal")
    }
    let problems = try RunFileCheck.problems(at: paths[0])
    guard problems.isEmpty else { throw FailedCheck(what: "\(paths[0]) breaks the run file's specification", problems) }
    let run = try Run(path: paths[0])
    console.print(
      "\(paths[0]): a sound run file of format \(run.format), \(run.isFinished ? "finished" : "not finished"), "
        + "\(run.steps.count) steps, \(run.sites.count) sites")
  }
}

/// What a check has found, a line each.
struct FailedCheck: Error, CustomStringConvertible {
  let description: String

  init(what: String, _ findings: [some CustomStringConvertible]) {
    description = ([what + ":"] + findings.map { "  \($0)" }).joined(separator: "\n")
  }
}
