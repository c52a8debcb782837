import Experiments
import Foundation
import Rheoscope

/// The command line tool: words in, exit code out.
public struct Tool {
  let console = Console()

  /// A tool that speaks on standard output and standard error.
  public init() {}

  /// Does what the words after the program's name say. Returns 0 if that was done, 1 if it failed, and 2 if the words don't make
  /// sense.
  public func run(_ words: [String]) -> Int32 {
    do {
      try execute(words)
      return 0
    } catch let error as UsageError {
      console.note("\(error)")
      return 2
    } catch let error as any CustomStringConvertible {
      console.note("\(error)")
      return 1
    } catch {
      console.note(error.localizedDescription)
      return 1
    }
  }

  private func execute(_ words: [String]) throws {
    guard let name = words.first, !["--help", "-h"].contains(name) else { return console.print(Help.overview) }
    guard name != "--version" else { return console.print("rheoscope \(rheoscopeVersion)") }
    let command = try command(name)
    let rest = words.dropFirst()
    if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
      return console.print(Help.page(command))
    }
    let arguments = try Arguments(rest, for: command)
    switch command.name {
    case Command.list.name: console.print(Help.experiments)
    case Command.run.name: try runExperiment(arguments, typed: words)
    case Command.render.name: try render(arguments, typed: words)
    case Command.show.name: try show(arguments)
    case Command.diagnose.name: try diagnose(arguments)
    default: console.print(try arguments.operands.first.map { Help.page(try self.command($0)) } ?? Help.overview)
    }
  }

  private func command(_ name: String) throws(UsageError) -> Command {
    guard let command = Command.all.first(where: { $0.name == name }) else {
      throw .unknownCommand(name, commands: name.hasPrefix("-") ? ["--help", "--version"] : Command.all.map(\.name))
    }
    return command
  }

  private func runExperiment(_ arguments: Arguments, typed words: [String]) throws {
    let name = arguments.operands[0]
    guard let experiment = Experiment.all.first(where: { $0.name == name }) else {
      throw UsageError.unknownExperiment(name, experiments: Experiment.all.map(\.name))
    }
    var settings = experiment.settings
    settings.depth = arguments.whole("--depth") ?? settings.depth
    settings.width = arguments.whole("--width") ?? settings.width
    settings.batch = arguments.whole("--batch") ?? settings.batch
    settings.steps = arguments.whole("--steps") ?? settings.steps
    settings.seeds = arguments.whole("--seeds") ?? settings.seeds
    settings.learningRate = arguments.number("--learning-rate") ?? settings.learningRate
    var options = RunOptions(output: arguments["--out"] ?? "output/\(name)", command: commandLine(words))
    options.jobs = arguments.whole("--jobs") ?? options.jobs
    options.threads = arguments.whole("--threads") ?? options.threads
    options.data = arguments["--data"] ?? options.data
    try experiment.run(settings, options, console: console)
  }

  private func diagnose(_ arguments: Arguments) throws {
    for path in arguments.operands {
      let findings = Rheoscope.diagnose(try Run(path: path))
      console.print(findings.isEmpty ? "\(path): nothing wrong found" : "\(path):")
      for finding in findings { console.print("\(finding)") }
    }
  }
}

/// What was typed, so that a shell would understand it.
func commandLine(_ words: [String]) -> String {
  let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-_./=,:+@%"))
  let quoted = words.map { word in
    !word.isEmpty && word.unicodeScalars.allSatisfy(plain.contains)
      ? word : "'\(word.replacingOccurrences(of: "'", with: #"'\''"#))'"
  }
  return (["./rheoscope"] + quoted).joined(separator: " ")
}
