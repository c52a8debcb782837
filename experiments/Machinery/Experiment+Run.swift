import Foundation
import Rheoscope

/// How an experiment is run, apart from what it trains.
public struct RunOptions: Sendable {
  /// How many trials are under way at once.
  public var jobs: Int
  /// How many threads a trial's matrix products use.
  public var threads: Int
  /// Where the data are.
  public var data: String
  /// Where the results go.
  public var output: String
  /// What was typed, for the records.
  public var command: String

  /// As many jobs as there are cores, a thread each.
  public init(
    jobs: Int = ProcessInfo.processInfo.activeProcessorCount, threads: Int = 1,
    data: String = FashionMNIST.defaultDirectory, output: String, command: String
  ) {
    self.jobs = jobs
    self.threads = threads
    self.data = data
    self.output = output
    self.command = command
  }
}

extension Experiment {
  /// Trains every variant with every seed, says on the console what came out, and leaves run files, charts, `summary.json` and
  /// `manifest.json` in the output folder. Throws, and leaves nothing behind, if that can't be done.
  public func run(_ settings: Settings, _ options: RunOptions, console: Console) throws {
    let begin = ProcessInfo.processInfo.systemUptime
    let folder = try OutputFolder(path: options.output)
    do {
      let data = try FashionMNIST(directory: options.data)
      guard settings.batch <= data.train.count else {
        throw ExperimentError.batchTooLarge(batch: settings.batch, images: data.train.count)
      }
      let provenance = Provenance(command: options.command, dataHash: data.hash)
      console.print(heading(settings))
      let plans = plans(settings, options, provenance, in: folder.staging)
      let trials = try train(plans, on: data, jobs: options.jobs, console)
      let results = Results(experiment: self, settings: settings, trials: trials)
      console.print("\n" + results.table + "\n\n" + results.verdicts + "\n")
      let charts = try draw(try plans.map { try Run(path: $0.path) }, in: folder.staging, command: options.command)
      let seconds = ProcessInfo.processInfo.systemUptime - begin
      try results.writeSummary(to: "\(folder.staging)/summary.json")
      let manifest = Manifest(results, options, provenance, seconds: seconds)
      try manifest.write(to: "\(folder.staging)/manifest.json")
      try folder.publish(clearing: variants.map(\.name))
      let runs = variants.map { "\($0.name)/seed-*.rheo" }
      console.print(
        "wrote \(options.output)/: \((charts + ["summary.json", "manifest.json"] + runs).joined(separator: ", "))")
    } catch {
      console.clearProgress()
      folder.discard()
      throw error
    }
  }

  private func heading(_ settings: Settings) -> String {
    let seeds = settings.seeds == 1 ? "1 seed" : "\(settings.seeds) seeds"
    return """
      \(question)
      \(settings.depth) layers of width \(settings.width), batches of \(settings.batch), \(settings.steps) steps of SGD \
      with learning rate \(settings.learningRate), \(seeds)
      """
  }

  private func plans(
    _ settings: Settings, _ options: RunOptions, _ provenance: Provenance, in folder: String
  ) -> [TrialPlan] {
    variants.flatMap { variant in
      (0..<settings.seeds).map { seed in
        TrialPlan(
          experiment: name, variant: variant, seed: seed, settings: settings, threads: options.threads,
          path: "\(folder)/\(variant.name)/seed-\(seed).rheo", provenance: provenance)
      }
    }
  }

  private func train(_ plans: [TrialPlan], on data: FashionMNIST, jobs: Int, _ console: Console) throws -> [Trial] {
    let total = plans.reduce(0) { $0 + $1.settings.steps }
    defer { console.clearProgress() }
    return try onThreads(jobs, plans) { [name] plan in
      try plan.run(on: data, stepped: { console.stepped(of: total, name) }, notice: { console.note($0) })
    }
  }

  /// Draws all charts and returns the names of their files.
  private func draw(_ runs: [Run], in folder: String, command: String) throws -> [String] {
    try ChartKind.all.filter { charts.contains($0.name) }.map { kind in
      try kind.figure(runs).write(to: "\(folder)/\(kind.name).png", command: command)
      return "\(kind.name).png"
    }
  }
}
