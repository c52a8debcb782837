import Experiments
import Rheoscope

/// What `help` and `list` print.
enum HelpText {
  static func of(_ topic: String?) -> String {
    guard let command = Grammar.commands.first(where: { $0.name == topic }) else { return overview }
    var lines = ["Usage: rheoscope \(command.name) \(command.arguments)".trimmedEnd, "", command.summary.capitalizedFirst + "."]
    let options = topic == "run" ? Grammar.runOptions : topic == "render" ? Grammar.renderOptions : []
    if !options.isEmpty { lines += ["", "Options:"] + table(options.map { ("\($0.flag) \($0.value)", $0.summary) }) }
    switch topic {
    case "run":
      lines += ["", "Without options a net has 50 layers of width 64, trained for 600 steps of 64 pictures, from 3 seeds."]
      lines += ["", "Example: rheoscope run activations --depth 30 --seeds 5"]
    case "render":
      lines += ["", "Several runs are grouped by variant and seed.", ""]
      lines += ["Example: rheoscope render output/activations/*/*.rheo --chart loss --out loss.png"]
    case "diagnose": lines += ["", "Example: rheoscope diagnose output/activations/sigmoid/seed-0.rheo"]
    default: break
    }
    return lines.joined(separator: "\n")
  }

  private static var overview: String {
    let commands = Grammar.commands.map { ("\($0.name) \($0.arguments)".trimmedEnd, $0.summary) }
    return (["Rheoscope shows how gradients flow through a neural net while it trains.", "", "Usage: rheoscope COMMAND", "", "Commands:"]
      + table(commands) + ["", "rheoscope --version prints the version."]).joined(separator: "\n")
  }

  static var list: String {
    (["Experiments:"] + table(Experiment.all.map { ($0.name, $0.question) }) + ["", "Charts:"]
      + table(ChartKind.all.map { ($0.name, $0.summary) })).joined(separator: "\n")
  }

  private static func table(_ rows: [(String, String)]) -> [String] {
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { "  " + $0.0 + String(repeating: " ", count: width - $0.0.count + 2) + $0.1 }
  }
}

extension String {
  fileprivate var trimmedEnd: String { hasSuffix(" ") ? String(dropLast()) : self }
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
