import ExperimentHarness
import Experiments
import Rheoscope

/// The texts of `help`.
enum Help {
  /// The purpose of the tool, and its commands.
  static var overview: String {
    """
    Rheoscope shows how gradients flow through a neural net while it trains.

    rheoscope COMMAND [flags]

    \(table(Command.all.map { ("\($0.name) \($0.operands)", $0.summary) }))

    rheoscope help COMMAND explains a command, rheoscope --version prints the version.
    Exit codes: 0 done; 1 failed, a claim fails, or differences or faults were found; 2 wrong usage; 3 --fail-on was hit; 129, 130, 143 ended by HUP, INT, TERM.
    """
  }

  /// The help page of a command.
  static func page(_ command: Command) -> String {
    let flags = command.flags.isEmpty ? "" : " [flags]"
    let operands = command.operands.isEmpty ? "" : " \(command.operands)"
    var parts = ["rheoscope \(command.name)\(operands)\(flags)", command.summary]
    if command.name == Command.run.name {
      parts.append("Experiments:\n\(experiments)")
    }
    if !command.flags.isEmpty {
      parts.append("Flags:\n" + table(command.flags.map { ($0.usage, $0.help) }))
    }
    if command.name == Command.run.name {
      parts.append("Settings of an experiment: rheoscope run EXPERIMENT --help.")
    }
    return parts.joined(separator: "\n\n")
  }

  /// The experiments, each with its question.
  static var experiments: String { table(Experiment.all.map { ($0.name, $0.question) }) }

  /// The charts, each with what it shows.
  static var charts: String { table(ChartKind.all.map { ($0.name, $0.summary) }) }

  private static func table(_ rows: [(left: String, right: String)]) -> String {
    let width = rows.map(\.left.count).max() ?? 0
    return rows.map { left, right in
      "  \(left)\(String(repeating: " ", count: width - left.count))   \(right)"
    }.joined(separator: "\n")
  }
}
