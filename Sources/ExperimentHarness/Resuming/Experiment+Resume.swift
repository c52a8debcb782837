import Foundation
import Rheoscope
import Support

extension Experiment {
  /// Begins a run in a folder, or takes over the interrupted one that `options` ask for, with its settings. Returns how long that was at
  /// work. Throws an `ExperimentError` where that is not possible; an interrupted run then stays where it was.
  func begin(
    _ settings: inout Settings, _ options: inout RunOptions, in folder: OutputFolder, _ console: Console
  ) throws -> Double {
    guard let asked = options.resuming else {
      try UnfinishedRun(self, settings, options, Provenance(command: options.command)).write(in: folder.staging)
      return 0
    }
    let (interrupted, unfinished) = try fittingRun(asked, options, in: folder)
    let recorded = try self.settings(
      in: options.profile, recorded: unfinished.settings, at: "\(interrupted)/\(UnfinishedRun.fileName)")
    // If this fails, nothing was moved.
    do { try unfinished.write(in: interrupted) } catch {
      guard access(interrupted, F_OK) != 0 else { throw error }
      throw OutputFolder.goneOn(interrupted)
    }
    try folder.resume(interrupted)
    settings = recorded
    options.threads = unfinished.threads
    options.command = unfinished.command
    let provenance = Provenance(command: options.command)
    if unfinished.processor != provenance.processor {
      console.note(
        "the run was begun on another processor, \(unfinished.processor), which may round differently: results may differ from those of "
          + "an uninterrupted run")
    }
    console.note("going on with the run of \(unfinished.date)")
    return unfinished.seconds
  }

  /// The interrupted run that was at work last of those that fit. Throws an `ExperimentError`: that of the last one where none fits.
  private func fittingRun(
    _ asked: ResumeRequest, _ options: RunOptions, in folder: OutputFolder
  ) throws -> (path: String, run: UnfinishedRun) {
    var failure: any Error = ExperimentError.nothingToResume(path: folder.path, holder: folder.otherHolder())
    for (index, path) in folder.interruptedRuns().enumerated() {
      do {
        let run = try UnfinishedRun(in: path)
        try run.check(self, options, asked, at: path)
        return (path, run)
      } catch {
        if index == 0 { failure = error }
      }
    }
    throw failure
  }

  /// What a folder of results has for a run that is asked for.
  package enum Progress: Equatable, Sendable {
    /// An interrupted run to go on with.
    case interrupted
    /// Complete results of this version with these settings.
    case complete
    /// Neither. The text says why an interrupted run that is there can't be used; nil if there is none.
    case none(String?)
  }

  /// What a folder has for a run with options that ask to go on; results that a killed process was moving there are completed first. Throws
  /// an `ExperimentError` where the folder can't be written.
  package func progress(_ settings: Settings, _ options: RunOptions) throws -> Progress {
    let asked = options.resuming ?? ResumeRequest(settings: settings.byName)
    guard access(options.output, F_OK) == 0 else { return .none(nil) }
    let folder = try OutputFolder(path: options.output)
    defer { folder.discard() }
    do {
      _ = try fittingRun(asked, options, in: folder)
      return .interrupted
    } catch {
      if hasResults(of: settings, options.profile, in: options.output) { return .complete }
      return .none(folder.interruptedRuns().isEmpty ? nil : "\(error)")
    }
  }

  /// Whether a folder has all results of a run of this version with these settings. Damaged results are none.
  private func hasResults(of settings: Settings, _ profile: Profile, in path: String) -> Bool {
    guard let manifest = try? Manifest(path: "\(path)/manifest.json") else { return false }
    return manifest.experiment == name && manifest.settings == settings.byName && manifest.profile == profile.rawValue
      && manifest.version == rheoscopeVersion && manifest.files.keys.allSatisfy { access("\(path)/\($0)", F_OK) == 0 }
  }

  /// The trial that an interrupted run finished; nil if it did not, or if its results were changed.
  func finishedTrial(
    _ variant: Variant, seed: Int, _ settings: Settings, _ environment: TrialEnvironment
  ) throws -> Trial? {
    let files = TrialFiles(in: environment.folder, variant.name, seed: seed)
    do {
      let identity = TrialIdentity(environment.experiment, variant, seed: seed, settings)
      guard let (trial, hash) = try TrialResults.trial(identity, files) else { return nil }
      if let hash { try environment.data.require(hash) }
      return trial
    } catch let error as ExperimentError {
      // What may pass ends the run, which can be resumed then.
      guard case .brokenRecord = error else { throw error }
      environment.printNotice("\(error.problem); \(variant.name), seed \(seed), begins again")
      return nil
    }
  }

  /// Runs a trial, from its checkpoint if it has one that can be used, and keeps its results.
  func run(_ variant: Variant, seed: Int, _ settings: Settings, _ environment: TrialEnvironment) throws -> Trial {
    var context = TrialContext(variant, seed: seed, settings, environment)
    do {
      try variant.trial(context)
    } catch let error as UnusableCheckpoint {
      environment.printNotice("\(error.reason); \(variant.name), seed \(seed), begins again")
      context = TrialContext(variant, seed: seed, settings, environment, resumes: false)
      try variant.trial(context)
    }
    let trial = context.trial, files = context.files
    try context.saving {
      try TrialResults(trial, context.identity, dataHash: environment.data.hash).write(to: files.results)
      unlink(files.checkpoint)
    }
    return trial
  }
}

extension ExperimentError {
  /// What is wrong with a record, without advice.
  fileprivate var problem: String {
    if case .brokenRecord(let path, let problem) = self { "\(path): \(problem)" } else { "\(self)" }
  }
}
