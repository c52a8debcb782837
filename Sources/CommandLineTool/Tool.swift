import ExperimentHarness
import Experiments
import Foundation
import Rheoscope
import Support

/// The command line tool: words in, exit code out.
public struct Tool {
  let console = Console()
  let interruption = Interruption()

  /// A tool that writes to standard output and standard error.
  public init() {}

  /// Runs the command that the words after the program's name give. Returns 0 on success, also if a command that only prints finds its
  /// output closed; 1 if the command failed or its output can't be written; 2 if the words are not a valid command line; 3 if `--fail-on` finds
  /// what it asks for. A command that
  /// trains and receives INT, TERM or HUP closes its files and exits with 130, 143 or 129.
  public func run(_ words: [String]) -> Int32 {
    Signals.prepareStandardStreams()
    let trains = words.first == Command.run.name
    if trains { watchSignals() }
    do {
      try execute(words)
    } catch let error as UsageError {
      console.note("\(error)".escapedForTerminal)
      return 2
    } catch let error as Interrupted {
      console.note("\(error)")
      return 128 + error.signal
    } catch is FindingsFailed {
      return console.outputProblem == nil ? 3 : 1
    } catch {
      guard trains || !console.isOutputClosed else { return 0 }
      console.note(wording(of: error))
      return 1
    }
    if let problem = console.outputProblem {
      console.note("standard output: can't write there (\(problem))")
      return 1
    }
    return 0
  }

  /// Interrupts the run at a signal. A run that is moving its results into their places comes to its end first.
  private func watchSignals() {
    Signals.watch { [console, interruption] signal in
      guard let (message, canBeResumed) = interruption.interrupt(bySignal: signal) else { return }
      console.note(message)
      if canBeResumed { console.note("the same command with --resume goes on with this run") }
      // Not `exit`, which would run what training threads have registered while they are training.
      _exit(128 + signal)
    }
  }

  /// What is wrong with the words of a command line, without running it; nil if nothing is.
  package func problem(ofWords words: [String]) -> String? {
    do {
      guard let name = words.first, !["--help", "-h", "--version"].contains(name) else { return nil }
      let command = try command(name), rest = words.dropFirst()
      _ = try Arguments(rest, for: withSettings(command, rest))
      return nil
    } catch {
      return "\(error)".escapedForTerminal
    }
  }

  private func execute(_ words: [String]) throws {
    guard let name = words.first, !["--help", "-h"].contains(name) else { return console.print(Help.overview) }
    guard name != "--version" else { return console.print("rheoscope \(rheoscopeVersion)") }
    let command = try command(name)
    let rest = words.dropFirst()
    if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
      return console.print(Help.page(withSettings(command, rest)))
    }
    guard command.name != Command.run.name else { return try run(rest, typed: words) }
    guard command.name != Command.predict.name else { return try predict(rest) }
    let arguments = try Arguments(rest, for: command)
    switch command.name {
    case Command.list.name: console.print(Help.experiments)
    case Command.verify.name: try verify(arguments)
    case Command.tally.name: try tally(arguments, typed: words)
    case Command.new.name: try new(arguments)
    case Command.render.name: try render(arguments, typed: words)
    case Command.show.name: try show(arguments)
    case Command.diagnose.name: try diagnose(arguments, typed: words)
    case Command.check.name: try check(arguments)
    case Command.report.name: try report(arguments, typed: words)
    case Command.runs.name: try runs(arguments, typed: words)
    case Command.info.name: try info(arguments, typed: words)
    case Command.compare.name: try compare(arguments, typed: words)
    case Command.completions.name: try completions(arguments)
    default: try help(arguments, typed: words)
    }
  }

  private func help(_ arguments: Arguments, typed words: [String]) throws {
    let named = try arguments.operands.first.map { try command($0) }
    guard arguments["--json"] == nil else {
      let contents = CommandTable(named.map { [$0] } ?? Command.all)
      return try answer(contents, typed: words)
    }
    console.print(named.map { Help.page($0) } ?? Help.overview)
  }

  private func command(_ name: String) throws(UsageError) -> Command {
    guard let command = Command.all.first(where: { $0.name == name }) else {
      throw .unknownCommand(name, commands: name.hasPrefix("-") ? ["--help", "--version"] : Command.all.map(\.name))
    }
    return command
  }

  /// `run` and `predict` with the settings of the experiment that the words name; other commands as they are.
  private func withSettings(_ command: Command, _ words: some Sequence<String>) -> Command {
    switch command.name {
    case Command.run.name: return runCommand(words)
    case Command.predict.name:
      let name = Arguments.firstOperand(of: words.filter { $0 != "--help" && $0 != "-h" }, .predict)
      return Experiment.all.first { $0.name == name }.map { .predict($0) } ?? command
    default: return command
    }
  }

  /// `run` with the settings of the experiment that the words name, if they name one.
  private func runCommand(_ words: some Sequence<String>) -> Command {
    let name = Arguments.firstOperand(of: words.filter { $0 != "--help" && $0 != "-h" }, .run)
    return name == "all" ? .runAll : Experiment.all.first { $0.name == name }.map { .run($0) } ?? .run
  }
}

/// The command line that was typed, quoted for a shell.
func commandLine(_ words: [String]) -> String {
  let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-_./=,:+@%"))
  let quoted = words.map { word in
    !word.isEmpty && word.unicodeScalars.allSatisfy(plain.contains)
      ? word : "'\(word.replacingOccurrences(of: "'", with: #"'\''"#))'"
  }
  return (["./rheoscope"] + quoted).joined(separator: " ")
}
