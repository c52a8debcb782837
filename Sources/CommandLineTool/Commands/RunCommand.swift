import ExperimentHarness
import Experiments
import Foundation
import Support

extension Command {
  static let run = Command(
    name: "run", operands: "EXPERIMENT|all", operandCount: 1...1,
    summary:
      "Runs an experiment, or all: trains its nets, checks its claims (✓ holds, ✗ fails), draws charts and writes a report.",
    flags: profiles + [settingsFile] + resources)

  /// `run` for one experiment: a flag per setting, besides the flags that all experiments have.
  static func run(_ experiment: Experiment) -> Command {
    Command(
      name: "run \(experiment.name)", operands: "", operandCount: 1...1, summary: experiment.question,
      flags: experiment.settings.map { Flag($0) } + run.flags)
  }

  /// `run all`.
  static let runAll = Command(
    name: "run all", operands: "", operandCount: 1...1,
    summary: "Runs all experiments and writes an index page.",
    flags: profiles + resources)

  private static let profiles = [
    Flag(name: "--quick", kind: .none, help: "fast settings (seconds); some claims are not checked"),
    Flag(name: "--full", kind: .none, help: "thorough settings: more seeds, much more time"),
  ]

  private static let settingsFile = Flag(
    name: "--settings", kind: .path(placeholder: "FILE"),
    help: "a JSON file of settings, such as {\"depth\": 30}; "
      + "it overrides --quick and --full, and a setting's own flag such as --depth overrides it")

  private static let resources = [
    Flag(
      name: "--resume", kind: .none,
      help:
        "goes on with the interrupted run in the folder for results, with its settings; for all: leaves out experiments whose "
        + "results are there"),
    Flag(
      name: "--checkpoint", kind: .whole(1...1_000_000_000),
      help: "steps between checkpoints, from which --resume goes on (default: 100)"),
    Flag(
      name: "--jobs", kind: .whole(1...1_024),
      help: "parallel trials, each of one net with one seed (default: one per core)"),
    Flag(name: "--threads", kind: .whole(1...1_024), help: "threads per trial (default: 1)"),
    Flag(name: "--data", kind: .path(placeholder: "DIR"), help: "folder with Fashion-MNIST's four files"),
    Flag(
      name: "--out", kind: .path(placeholder: "DIR"),
      help:
        "folder for results (default: output/EXPERIMENT, or with --quick or --full output/quick/EXPERIMENT or "
        + "output/full/EXPERIMENT; for all: a folder per experiment in DIR)"
    ),
  ]
}

extension Profile {
  /// The folder for results; the default profile has one of its own.
  fileprivate var folder: String { self == .standard ? "output" : "output/\(rawValue)" }
}

extension Flag {
  /// The flag that sets a setting.
  init(_ setting: Setting) {
    let kind: Kind =
      switch setting.kind {
      case .whole(let range): .whole(range)
      case .number(let range): .number(range)
      case .positive(let most): .positive(upTo: most)
      }
    let values = Profile.allCases.map { (name: $0.rawValue, value: setting.value(in: $0)) }
    let own = values.filter { $0.name == "default" || $0.value != setting.value(in: .standard) }
    let defaults = own.map { "\($0.name): \(formatShortest($0.value))" }.joined(separator: ", ")
    self.init(name: "--" + setting.name, kind: kind, help: "\(setting.help) (\(defaults))")
  }
}

extension Tool {
  func run(_ words: some Sequence<String>, typed: [String]) throws {
    let words = Array(words)
    guard let name = Arguments.firstOperand(of: words, Command.run) else {
      throw UsageError.missingOperand(command: Command.run.name, operands: Command.run.operands)
    }
    if name == "all" { return try runAll(argumentsOfAll(words), typed: typed) }
    let experiment = try experiment(name)
    let arguments = try Arguments(words, for: .run(experiment))
    let profile = try profile(arguments)
    let options = runOptions(
      arguments, profile, output: arguments["--out"] ?? "\(profile.folder)/\(name)", typed: typed)
    let asked = try asked(of: experiment, arguments), settings = settings(of: experiment, asked, profile)
    var resumed = options
    if arguments["--resume"] != nil {
      resumed.resuming = ResumeRequest(settings: asked, threads: arguments.whole("--threads"))
      guard try experiment.progress(settings, resumed) != .complete else {
        return console.print("complete results of this run are in \(options.output)/")
      }
    }
    let outcome = try experiment.run(settings, resumed, console: console)
    // An index that exists stays true.
    if arguments["--out"] == nil, FileManager.default.fileExists(atPath: "\(profile.folder)/index.md") {
      try writeIndex(of: Experiment.all, in: profile.folder)
    }
    guard outcome.failed.isEmpty else { throw FailedClaims(outcomes: [outcome]) }
  }

  /// Throws a `UsageError`, which names a flag that only single experiments have.
  private func argumentsOfAll(_ words: [String]) throws(UsageError) -> Arguments {
    do { return try Arguments(words, for: .runAll) } catch {
      guard case .unknownFlag(let flag, _, _) = error,
        Experiment.all.contains(where: { $0.settings.contains { "--" + $0.name == flag } })
      else { throw error }
      throw .settingOfOne(flag: flag)
    }
  }

  private func runAll(_ arguments: Arguments, typed: [String]) throws {
    let profile = try profile(arguments), folder = arguments["--out"] ?? profile.folder
    var outcomes: [Outcome] = []
    for experiment in Experiment.all {
      let output = "\(folder)/\(experiment.name)", settings = experiment.settings(in: profile)
      var options = runOptions(arguments, profile, output: output, typed: typed)
      if arguments["--resume"] != nil {
        let request = ResumeRequest(settings: settings.byName, threads: arguments.whole("--threads"))
        options.resuming = request
        switch try experiment.progress(settings, options) {
        case .complete:
          console.print("\(experiment.name): complete results are in \(output)/\n")
          continue
        case .interrupted: break
        case .none(let reason):
          if let reason { console.note("\(reason); \(experiment.name) begins") }
          options.resuming = nil
        }
      }
      outcomes.append(try experiment.run(settings, options, console: console))
      console.print("")
    }
    try writeIndex(of: Experiment.all, in: folder)
    console.print("wrote \(folder)/index.md")
    guard outcomes.allSatisfy(\.failed.isEmpty) else { throw FailedClaims(outcomes: outcomes) }
  }

  /// The experiment of a name.
  func experiment(_ name: String) throws(UsageError) -> Experiment {
    guard let experiment = Experiment.all.first(where: { $0.name == name }) else {
      throw .unknownExperiment(name, experiments: Experiment.all.map(\.name))
    }
    return experiment
  }

  private func profile(_ arguments: Arguments) throws(UsageError) -> Profile {
    switch (arguments["--quick"], arguments["--full"]) {
    case (nil, nil): .standard
    case (_, nil): .quick
    case (nil, _): .full
    default: throw .exclusive("--quick", "--full")
    }
  }

  /// The profile's settings, which those that were asked for override.
  private func settings(of experiment: Experiment, _ asked: [String: Double], _ profile: Profile) -> Settings {
    var settings = experiment.settings(in: profile)
    for (name, value) in asked { settings[name] = value }
    return settings
  }

  /// The settings that a file and flags give.
  private func asked(of experiment: Experiment, _ arguments: Arguments) throws -> [String: Double] {
    var asked: [String: Double] = [:]
    if let path = arguments["--settings"] {
      for (name, value) in try settingsFile(path, of: experiment) { asked[name] = value }
    }
    for setting in experiment.settings {
      if let value = arguments.number("--" + setting.name) { asked[setting.name] = value }
    }
    return asked
  }

  private func runOptions(_ arguments: Arguments, _ profile: Profile, output: String, typed: [String]) -> RunOptions {
    var options = RunOptions(
      profile: profile, output: output, command: commandLine(typed), interruption: interruption)
    options.jobs = arguments.whole("--jobs") ?? options.jobs
    options.threads = arguments.whole("--threads") ?? options.threads
    options.data = arguments["--data"] ?? options.data
    options.checkpointInterval = arguments.whole("--checkpoint") ?? 100
    options.verifyCommand = commandLine(["verify", output])
    return options
  }
}

/// Claims that failed.
struct FailedClaims: Error, CustomStringConvertible {
  let outcomes: [Outcome]

  var description: String {
    let failed = outcomes.flatMap(\.failed)
    return failed.count == 1 ? "a claim fails: \(failed[0])" : "\(failed.count) claims fail; they are marked ✗"
  }
}
