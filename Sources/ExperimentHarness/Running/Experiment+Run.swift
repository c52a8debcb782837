import Foundation
import Rheoscope
import Synchronization

extension Experiment {
  /// Runs the trials of every variant with every seed, prints measurements and verdicts on the console, and writes figures, run
  /// files, `report.md`, `summary.json` and `manifest.json` into the output folder.
  ///
  /// Throws where a trial throws or a file can't be written; earlier results stay as they were, and what was recorded is in a folder that
  /// the console names.
  @discardableResult
  public func run(_ settings: Settings, _ options: RunOptions, console: Console) throws -> Outcome {
    let started = ProcessInfo.processInfo.systemUptime
    try options.interruption?.check()
    let folder = try OutputFolder(path: options.output) { console.note($0) }
    let earlier = try? Manifest(path: "\(options.output)/manifest.json")
    var (settings, options) = (settings, options), secondsBefore = 0.0
    do { secondsBefore = try begin(&settings, &options, in: folder, console) } catch {
      _ = try folder.keep("interrupted")
      throw error
    }
    defer { options.interruption?.end() }
    do {
      try options.interruption?.begin { try folder.keep("interrupted") }
      let data = SharedData(directory: options.data)
      let provenance = Provenance(command: options.command)
      console.print(question + "\n" + settings.summary + "\n")
      let trials = try trials(settings, options, provenance, data, in: folder.staging, console)
      let results = Results(experiment: self, settings: settings, trials: trials)
      console.print(results.table + "\n\n" + results.verdicts + "\n")
      for figure in figures {
        try figure.draw(results).write(to: "\(folder.staging)/\(figure.name).png", command: options.command)
      }
      let seconds = secondsBefore + ProcessInfo.processInfo.systemUptime - started
      try Summary(results).write(to: "\(folder.staging)/summary.json")
      try write(Data(try results.report(options).utf8), to: "\(folder.staging)/report.md")
      let manifest = Manifest(
        results, options, provenance, data, files: try digests(ofFilesIn: folder.staging), seconds: seconds)
      try manifest.write(to: "\(folder.staging)/manifest.json")
      options.interruption?.end()
      try folder.publish(clearing: results.variants.map(\.name))
      let recorded = trials.contains { $0.runPath != nil } ? ["VARIANT/seed-N.rheo"] : []
      let files = figures.map { $0.name + ".png" } + ["report.md", "summary.json", "manifest.json"] + recorded
      console.print("wrote \(options.output)/: \(files.joined(separator: ", "))")
      if let earlier {
        console.print("replaced the results of \(earlier.date ?? "an earlier run"): \(earlier.command)")
      }
      return Outcome(judgements: results.judgements)
    } catch {
      console.clearProgress()
      if let kept = try folder.keep("interrupted") { console.note("what was recorded is in \(kept)") }
      throw error
    }
  }

  private func trials(
    _ settings: Settings, _ options: RunOptions, _ provenance: Provenance, _ data: SharedData, in folder: String,
    _ console: Console
  ) throws -> [Trial] {
    let variants = variants(settings)
    let pairs = variants.indices.flatMap { variant in settings.seedNumbers.map { (variant, seed: $0) } }
    let names = variants.map(\.name)
    let styles = Dictionary(zip(names, VariantStyle.all(named: names))) { first, _ in first }
    let progress = MeanProgress(trials: pairs.count)
    defer { console.clearProgress() }
    return try mapInParallel(Array(pairs.indices), threads: isTimed ? 1 : options.jobs) { [name] index in
      useThreads(options.threads)
      let environment = TrialEnvironment(
        experiment: name, folder: folder, data: data, provenance: provenance, interruption: options.interruption,
        checkpointInterval: options.checkpointInterval, styles: styles,
        printNotice: { console.note($0) },
        showProgress: { console.showProgress(progress.mean(with: $0, ofTrial: index), of: name) })
      let (variant, seed) = (variants[pairs[index].0], pairs[index].seed)
      let trial =
        try finishedTrial(variant, seed: seed, settings, environment) ?? run(variant, seed: seed, settings, environment)
      environment.showProgress(1)
      return trial
    }
  }
}

/// The verdicts of a run.
public struct Outcome: Sendable {
  package let judgements: [Judgement]

  /// The statements of the claims that fail.
  public var failed: [String] { judgements.filter { $0.verdict == .fails }.map(\.statement) }
}

/// The progress of several trials together.
private final class MeanProgress: Sendable {
  private let fractions: Mutex<[Double]>

  init(trials: Int) { fractions = Mutex([Double](repeating: 0, count: trials)) }

  /// Sets the progress of one trial, and returns the mean of all.
  func mean(with fraction: Double, ofTrial index: Int) -> Double {
    fractions.withLock { fractions in
      fractions[index] = fraction
      return fractions.reduce(0, +) / Double(fractions.count)
    }
  }
}
