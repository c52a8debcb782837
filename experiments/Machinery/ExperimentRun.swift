import Foundation
import Rheoscope

/// An experiment that is carried out: trials, figures, tables and the files that hold them.
public struct ExperimentRun {
  public let experiment: Experiment
  public var settings: Settings
  /// Trials at a time; as many as the machine has cores by default.
  public var jobs = ProcessInfo.processInfo.activeProcessorCount
  /// Threads for each trial's matrix products.
  public var threads = 1
  public var dataDirectory = FashionMNIST.defaultDirectory
  public var output: String
  /// What the user typed, for the files.
  public var command = ""
  /// The version of this program, for the files.
  public var version = ""

  public init(_ experiment: Experiment, output: String? = nil) {
    self.experiment = experiment
    settings = experiment.defaults
    self.output = output ?? "output/\(experiment.name)"
  }

  /// Carries it out; `terminal` gets what a reader should see. Throws before any training where the data is missing or the
  /// output folder can't be written; run files of trials that did not end are removed.
  public func carryOut(on terminal: some ExperimentTerminal) throws {
    try checkOutput()
    let data = try FashionMNIST(directory: dataDirectory)
    guard settings.batch <= data.train.count else {
      throw ExperimentError.batchTooLarge(batch: settings.batch, examples: data.train.count)
    }
    terminal.line(experiment.question)
    terminal.line(experiment.setting)
    terminal.line("")
    let started = timestamp()
    let trials = trials(data, started: started)
    let results: [TrialResult]
    do {
      let begin = Date()
      results = try ParallelTrials(trials: trials, jobs: jobs, threads: threads).run(
        progress: { done, total in
          let seconds = Date().timeIntervalSince(begin)
          terminal.progress("training \(trials.count) nets: \(done * 100 / max(total, 1)) %, \(Int(seconds)) s")
        }, notice: terminal.notice)
      terminal.progress("")
    } catch {
      terminal.progress("")
      for trial in trials where (try? Run(path: trial.runPath))?.meta["finished"] == nil {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: trial.runPath + suffix) }
      }
      throw error
    }
    var predictions: [String: Double] = [:]
    for variant in experiment.variants { predictions[variant.name] = variant.theory(settings).factor }
    let outcome = Results(settings: settings, trials: results, predictions: predictions)
    let claims = experiment.claims(outcome)
    for line in Report.table(experiment, outcome) + [""] + Report.lines(claims) { terminal.line(line) }
    let pictures = try drawFigures(results)
    let files = ExperimentFiles(run: self, results: outcome, claims: claims, data: data, started: started)
    let records = try files.write(beside: pictures)
    terminal.line("")
    terminal.line("Files written:")
    for path in pictures + records { terminal.line("  \(path)") }
    terminal.line("  \(output)/<variant>/seed-<n>.rheo (\(results.count) run files)")
  }

  private func trials(_ data: FashionMNIST, started: String) -> [Trial] {
    let meta = [
      "experiment": experiment.name, "command": command, "version": version, "started": started, "classes": "10",
      "data": "Fashion-MNIST", "data_hash": data.hash, "depth": "\(settings.depth)", "width": "\(settings.width)",
      "batch": "\(settings.batch)", "optimizer": "SGD", "learning_rate": "\(settings.learningRate)", "processor": processorName(),
    ]
    return experiment.variants.flatMap { variant in
      (0..<settings.seeds).map { seed in
        Trial(
          experiment: experiment, variant: variant, seed: seed, settings: settings, data: data,
          runPath: "\(output)/\(variant.name)/seed-\(seed).rheo", meta: meta)
      }
    }
  }

  private func checkOutput() throws {
    let probe = "\(output)/.writable"
    do {
      try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
      try Data().write(to: URL(filePath: probe))
      try FileManager.default.removeItem(atPath: probe)
    } catch { throw ExperimentError.outputNotWritable(path: output) }
  }

  private func drawFigures(_ results: [TrialResult]) throws -> [String] {
    let runs = try results.map { try Run(path: $0.runPath) }
    return try ChartKind.all.map { kind in
      let path = "\(output)/\(kind.name).png"
      try kind.figure(runs).write(to: path, command: command)
      return path
    }
  }
}

/// Why an experiment can't be carried out.
public enum ExperimentError: Error, CustomStringConvertible {
  case outputNotWritable(path: String)
  case batchTooLarge(batch: Int, examples: Int)

  public var description: String {
    switch self {
    case .outputNotWritable(let path): "the folder \(path) can't be written; choose another with --out DIR"
    case .batchTooLarge(let batch, let examples): "a batch of \(batch) is more than the \(examples) training pictures; choose a smaller --batch"
    }
  }
}

/// Where an experiment's words go.
public protocol ExperimentTerminal {
  /// A line of the report.
  func line(_ text: String)
  /// What is going on, in place of the last such text; "" when it is over.
  func progress(_ text: String)
  /// Something the user should know.
  func notice(_ text: String)
}

/// The processor's name as the system tells it.
func processorName() -> String {
  let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
  let line = info.split(separator: "\n").first { $0.hasPrefix("model name") }
  return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
}
