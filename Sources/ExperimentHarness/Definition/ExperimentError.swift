import Foundation
import Support

/// Why an experiment could not run, or its results could not be read.
public enum ExperimentError: Error, Equatable, CustomStringConvertible {
  /// The output folder, or a file in it, can't be written.
  case notWritable(path: String, reason: String)
  /// Results can't be moved into their places, of which `path` is the first. The new ones are in the folder `kept`.
  case notPublished(path: String, reason: String, kept: String)
  /// There is no interrupted run in a folder, in which another process may be at work.
  case nothingToResume(path: String, holder: String?)
  /// An interrupted run can't be resumed.
  case notResumable(path: String, reason: String)
  /// A batch would be larger than the training set.
  case batchTooLarge(batch: Int, images: Int)
  /// A file of an earlier run's results is missing.
  case noRecord(path: String)
  /// A file of an earlier run's results can't be read.
  case unreadableRecord(path: String, reason: String)
  /// A file of an earlier run's results has other contents than it should.
  case brokenRecord(path: String, problem: String)
  /// An earlier run's results name an experiment, a profile or settings that this version does not have.
  case unknownRecord(path: String, problem: String)

  /// A file or folder can't be written, for the reason of a failed system call.
  static func notWritable(path: String, _ code: POSIXErrorCode) -> ExperimentError {
    .notWritable(path: path, reason: pathProblem(code, path))
  }

  /// One line: what was wrong, where, and what would be right.
  public var description: String { message.escapedForTerminal }

  private var message: String {
    switch self {
    case .notWritable(let path, let reason):
      "\(path): can't write there (\(reason)); choose another output folder"
    case .notPublished(let path, let reason, let kept):
      "\(path): can't put the new results there (\(reason)); the earlier results stand, and the new ones are in \(kept)"
    case .nothingToResume(let path, let holder):
      "\(path): no interrupted run is there"
        + (holder.map { ", but \($0) is at work; wait for its end" } ?? "; run from the beginning instead")
    case .notResumable(let path, let reason):
      "\(path): can't go on with this run (\(reason)); resume it as it was begun, or run from the beginning"
    case .batchTooLarge(let batch, let images):
      "a batch of \(batch) is larger than the training set of \(images) images; choose a smaller batch"
    case .noRecord(let path):
      "\(path): no such file; name a folder with the results of an experiment"
    case .unreadableRecord(let path, let reason):
      "\(path): can't read it (\(reason)); name a folder with the results of an experiment"
    case .brokenRecord(let path, let problem):
      "\(path): \(problem); run the experiment again"
    case .unknownRecord(let path, let problem):
      "\(path): \(problem), so it was written by another version; run the experiment again"
    }
  }
}
