import Foundation
import Rheoscope
import Synchronization

/// How an experiment is run, apart from its settings.
public struct RunOptions: Sendable {
  /// Which profile the settings are from.
  public var profile: Profile
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
  /// The command that verifies the results, for the report; none if empty.
  public var verification = ""
  /// When it was, for the records.
  public var date: Date

  /// As many jobs as there are cores, a thread each.
  public init(
    profile: Profile = .standard, jobs: Int = ProcessInfo.processInfo.activeProcessorCount, threads: Int = 1,
    data: String = FashionMNIST.defaultDirectory, output: String, command: String, date: Date = Date()
  ) {
    self.profile = profile
    self.jobs = jobs
    self.threads = threads
    self.data = data
    self.output = output
    self.command = command
    self.date = date
  }
}

extension Experiment {
  /// Makes every variant's trials with every seed, says on the console what came out, and leaves pictures, run files,
  /// `report.md`, `summary.json` and `manifest.json` in the output folder. Throws, and leaves nothing behind, if that can't be
  /// done.
  @discardableResult
  public func run(_ settings: Settings, _ options: RunOptions, console: Console) throws -> Outcome {
    let begin = ProcessInfo.processInfo.systemUptime
    let folder = try OutputFolder(path: options.output)
    do {
      let provenance = Provenance(command: options.command), data = SharedData(directory: options.data)
      console.print(question + "\n" + settings.sentence + "\n")
      let trials = try trials(settings, options, provenance, data, in: folder.staging, console)
      let results = Results(experiment: self, settings: settings, trials: trials)
      console.print(results.table + "\n\n" + results.verdicts + "\n")
      for picture in pictures {
        try picture.draw(results).write(to: "\(folder.staging)/\(picture.name).png", command: options.command)
      }
      let seconds = ProcessInfo.processInfo.systemUptime - begin
      try Summary(results).write(to: "\(folder.staging)/summary.json")
      try Data(results.report(options).utf8).write(to: URL(filePath: "\(folder.staging)/report.md"))
      let manifest = Manifest(
        results, options, provenance, data, files: try digests(ofFilesIn: folder.staging), seconds: seconds)
      try manifest.write(to: "\(folder.staging)/manifest.json")
      try folder.publish(clearing: results.variants.map(\.name))
      let recorded = trials.contains { $0.runPath != nil } ? ["VARIANT/seed-N.rheo"] : []
      let files = pictures.map { $0.name + ".png" } + ["report.md", "summary.json", "manifest.json"] + recorded
      console.print("wrote \(options.output)/: \(files.joined(separator: ", "))")
      return Outcome(judgements: results.judgements)
    } catch {
      console.clearProgress()
      folder.discard()
      throw error
    }
  }

  private func trials(
    _ settings: Settings, _ options: RunOptions, _ provenance: Provenance, _ data: SharedData, in folder: String,
    _ console: Console
  ) throws -> [Trial] {
    let variants = variants(settings)
    let places = variants.indices.flatMap { variant in (0..<settings.seeds).map { (variant, seed: $0) } }
    let done = Shares(places.count)
    defer { console.clearProgress() }
    return try onThreads(isTimed ? 1 : options.jobs, Array(places.indices)) { [name] index in
      useThreads(options.threads)
      let site = TrialContext.Site(
        experiment: name, folder: folder, data: data, provenance: provenance, notice: { console.note($0) },
        progress: { console.isDone(done.mean(with: $0, at: index), of: name) })
      let (variant, seed) = (variants[places[index].0], places[index].seed)
      let context = TrialContext(variant, seed: seed, settings, site)
      try variant.trial(context)
      site.progress(1)
      return context.trial
    }
  }
}

/// What became of an experiment.
public struct Outcome: Sendable {
  package let judgements: [Judgement]

  /// The statements of the claims that the trials contradict.
  public var failed: [String] { judgements.filter { $0.verdict == .fails }.map(\.statement) }
}

/// Which share of each of several trials is done.
private final class Shares: Sendable {
  private let shares: Mutex<[Double]>

  init(_ count: Int) { shares = Mutex([Double](repeating: 0, count: count)) }

  /// Notes one trial's share, and returns that of all together.
  func mean(with share: Double, at index: Int) -> Double {
    shares.withLock { shares in
      shares[index] = share
      return shares.reduce(0, +) / Double(shares.count)
    }
  }
}
