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
    guard let interrupted = folder.latestInterrupted() else {
      throw ExperimentError.nothingToResume(path: folder.path)
    }
    let unfinished = try UnfinishedRun(in: interrupted)
    try unfinished.check(self, options, asked: asked, at: interrupted)
    let recorded = try self.settings(
      in: options.profile, recorded: unfinished.settings, at: "\(interrupted)/\(UnfinishedRun.fileName)")
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
    try unfinished.write(in: folder.staging)
    return unfinished.seconds
  }

  /// Whether a folder has an interrupted run to go on with. Throws an `ExperimentError` where the folder can't be written.
  package func hasInterruptedRun(in path: String) throws -> Bool {
    guard access(path, F_OK) == 0 else { return false }
    let folder = try OutputFolder(path: path)
    defer { folder.discard() }
    return folder.latestInterrupted() != nil
  }

  /// Whether a folder has the results of a run of this version with these settings. Throws an `ExperimentError` where they can't be read.
  package func hasResults(of settings: Settings, _ profile: Profile, in path: String) throws -> Bool {
    guard access("\(path)/manifest.json", F_OK) == 0 else { return false }
    let manifest = try Manifest(path: "\(path)/manifest.json")
    return manifest.experiment == name && manifest.settings == settings.byName && manifest.profile == profile.rawValue
      && manifest.version == rheoscopeVersion
  }

  /// The trial that an interrupted run finished; nil if it did not.
  func finishedTrial(_ variant: Variant, seed: Int, _ environment: TrialEnvironment) throws -> Trial? {
    let files = TrialFiles(in: environment.folder, variant.name, seed: seed)
    do {
      guard let (trial, hash) = try TrialResults.trial(variant.name, seed: seed, files) else { return nil }
      if let hash { try environment.data.require(hash) }
      return trial
    } catch let error as DatasetError {
      throw error
    } catch let error as ChangedData {
      throw error
    } catch {
      environment.printNotice("\(error); \(variant.name), seed \(seed), begins again")
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
      unlink(error.path)
      context = TrialContext(variant, seed: seed, settings, environment)
      try variant.trial(context)
    }
    let trial = context.trial, files = context.files
    try context.saving {
      try TrialResults(trial, dataHash: environment.data.hash).write(to: files.results)
      unlink(files.checkpoint)
    }
    return trial
  }
}
