import Foundation
import Rheoscope

/// How an experiment runs, apart from its settings.
public struct RunOptions: Sendable {
  /// The profile that the settings are from.
  public var profile: Profile
  /// The number of parallel trials.
  public var jobs: Int
  /// The number of threads per trial, for matrix products.
  public var threads: Int
  /// The folder of the data set.
  public var data: String
  /// The folder that results are written to.
  public var output: String
  /// The command line, for the records.
  public var command: String
  /// A command that compares the results with a new run, for the report; nil for none.
  public var verifyCommand: String?
  /// When the experiment runs, for the records.
  public var date: Date
  /// Ends the run from another thread; nil where nothing does.
  public var interruption: Interruption?
  /// The number of steps after which a trial saves a checkpoint; nil for no checkpoints. Stops the program if it is below 1.
  public var checkpointInterval: Int? {
    didSet {
      if let interval = checkpointInterval, interval < 1 {
        stop("RunOptions", "a checkpoint after \(interval) steps; it must be 1 or more")
      }
    }
  }
  /// What an interrupted run must have been begun with, if the run goes on with one; nil for a run from the beginning.
  package var resuming: ResumeRequest?

  /// Options with one job per core and one thread per job, unless given.
  public init(
    profile: Profile = .standard, jobs: Int = ProcessInfo.processInfo.activeProcessorCount, threads: Int = 1,
    data: String = FashionMNIST.defaultDirectory, output: String, command: String, verifyCommand: String? = nil,
    date: Date = Date(), interruption: Interruption? = nil
  ) {
    self.profile = profile
    self.jobs = jobs
    self.threads = threads
    self.data = data
    self.output = output
    self.command = command
    self.verifyCommand = verifyCommand
    self.date = date
    self.interruption = interruption
  }
}
