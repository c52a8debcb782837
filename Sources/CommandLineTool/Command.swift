/// A command of the tool: its line in the list of commands, and its flags.
struct Command {
  let name: String
  /// The operands after the name, besides flags.
  let operands: String
  /// How many operands are allowed.
  let operandCount: ClosedRange<Int>
  /// What it does, in one line.
  let summary: String
  let flags: [Flag]

  static let all = [
    list, run, verify, tally, new, render, show, diagnose, predict, check, report, runs, info, compare, completions,
    help,
  ]

  static let list = Command(
    name: "list", operands: "", operandCount: 0...0,
    summary: "Lists the experiments with the question that each answers.", flags: [])

  static let help = Command(
    name: "help", operands: "[COMMAND]", operandCount: 0...1, summary: "Explains how a command is used.",
    flags: [Flag(name: "--json", kind: .none, help: "prints commands and their flags as one JSON object, for programs")]
  )
}
