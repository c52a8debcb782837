import Rheoscope

/// What the tool can be told to do: a line in the list of commands, with its flags.
struct Command {
  let name: String
  /// What comes after the name, besides flags.
  let operands: String
  /// How many of them there may be.
  let operandCount: ClosedRange<Int>
  /// What it does, in a line.
  let summary: String
  let flags: [Flag]

  static let all = [list, run, verify, tally, new, render, show, diagnose, check, help]

  static let list = Command(
    name: "list", operands: "", operandCount: 0...0, summary: "Names the experiments and what they ask.", flags: [])

  static let diagnose = Command(
    name: "diagnose", operands: "RUN…", operandCount: 1...Int.max,
    summary: "Says in words what went wrong in run files, and why.", flags: [])

  static let help = Command(
    name: "help", operands: "[COMMAND]", operandCount: 0...1, summary: "Says how a command is used.", flags: [])
}
