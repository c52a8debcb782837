import Experiments
import Rheoscope

/// Understands what the user typed; throws a `CommandError`.
struct Parser {
  private let command: String
  private var rest: ArraySlice<String>

  static func parse(_ arguments: [String]) throws -> Command {
    guard let first = arguments.first else { throw CommandError.noCommand }
    if ["--version", "-V"].contains(first) { return .version }
    if ["--help", "-h"].contains(first) { return .help(topic: nil) }
    guard Grammar.commands.contains(where: { $0.name == first }) else { throw CommandError.unknownCommand(first) }
    if arguments.dropFirst().contains(where: { $0 == "--help" || $0 == "-h" }) { return .help(topic: first) }
    let parser = Parser(command: first, rest: arguments.dropFirst())
    switch first {
    case "list":
      _ = try parser.split(options: [], atMost: 0)
      return .list
    case "run": return try parser.run(arguments)
    case "render": return try parser.render()
    case "diagnose":
      let (runs, _) = try parser.split(options: [], atMost: nil)
      guard !runs.isEmpty else { throw CommandError.missingArgument(command: first, what: "a run file") }
      return .diagnose(runs: runs)
    default:
      let (topics, _) = try parser.split(options: [], atMost: 1)
      if let topic = topics.first, !Grammar.commands.contains(where: { $0.name == topic }) {
        throw CommandError.unknownCommand(topic)
      }
      return .help(topic: topics.first)
    }
  }

  private func run(_ arguments: [String]) throws -> Command {
    let (names, options) = try split(options: Grammar.runOptions, atMost: 1)
    guard let name = names.first else { throw CommandError.missingArgument(command: command, what: "the name of an experiment") }
    guard let experiment = Experiment.all.first(where: { $0.name == name }) else { throw CommandError.unknownExperiment(name) }
    var run = ExperimentRun(experiment)
    run.command = "rheoscope " + arguments.joined(separator: " ")
    run.version = Tool.version
    for (flag, text) in options {
      func whole(atLeast least: Int, atMost most: Int = 1_000_000) throws -> Int {
        guard let number = Int(text), number >= least, number <= most else {
          throw CommandError.badValue(option: flag, text: text, need: "a whole number from \(least) to \(most) is needed")
        }
        return number
      }
      switch flag {
      case "--depth": run.settings.depth = try whole(atLeast: 3, atMost: 100_000)
      case "--width": run.settings.width = try whole(atLeast: 1, atMost: 65_536)
      case "--batch": run.settings.batch = try whole(atLeast: 1, atMost: 60_000)
      case "--steps": run.settings.steps = try whole(atLeast: 1, atMost: 100_000_000)
      case "--seeds": run.settings.seeds = try whole(atLeast: 1, atMost: 10_000)
      case "--jobs": run.jobs = try whole(atLeast: 1, atMost: 1024)
      case "--threads": run.threads = try whole(atLeast: 1, atMost: 1024)
      case "--learning-rate":
        guard let rate = Float(text), rate > 0, rate.isFinite else {
          throw CommandError.badValue(option: flag, text: text, need: "a number above 0 is needed, such as 0.01")
        }
        run.settings.learningRate = rate
      case "--data": run.dataDirectory = text
      default: run.output = try path(text, flag)
      }
    }
    return .run(run)
  }

  private func render() throws -> Command {
    let (runs, options) = try split(options: Grammar.renderOptions, atMost: nil)
    guard !runs.isEmpty else { throw CommandError.missingArgument(command: command, what: "a run file") }
    guard let name = options["--chart"] else { throw CommandError.missingOption("--chart KIND", command: command) }
    guard let chart = ChartKind.all.first(where: { $0.name == name }) else { throw CommandError.unknownChart(name) }
    guard let out = options["--out"] else { throw CommandError.missingOption("--out FILE", command: command) }
    return .render(runs: runs, chart: chart, out: try path(out, "--out"))
  }

  private func path(_ text: String, _ flag: String) throws -> String {
    guard !text.isEmpty else { throw CommandError.badValue(option: flag, text: "“”", need: "a path is needed") }
    return text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// What stands alone, and the values of options, `--flag value` or `--flag=value`.
  private func split(options: [Option], atMost: Int?) throws -> (alone: [String], options: [String: String]) {
    var alone: [String] = [], values: [String: String] = [:]
    var left = rest
    while let word = left.popFirst() {
      guard word.hasPrefix("-"), word != "-" else {
        alone.append(word)
        if let atMost, alone.count > atMost { throw CommandError.unexpectedArgument(word, command: command) }
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard options.contains(where: { $0.flag == parts[0] }) else {
        throw CommandError.unknownOption(parts[0], command: command, known: options.map(\.flag))
      }
      guard let value = parts.count == 2 ? parts[1] : left.popFirst() else { throw CommandError.missingValue(option: parts[0]) }
      // A forgotten value would otherwise swallow the next option; a negative number is a value.
      guard parts.count == 2 || !options.contains(where: { $0.flag == value }) else {
        throw CommandError.missingValue(option: parts[0])
      }
      guard values.updateValue(value, forKey: parts[0]) == nil else { throw CommandError.repeatedOption(parts[0]) }
    }
    return (alone, values)
  }
}
