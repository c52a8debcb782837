import Foundation
import Rheoscope
import Support

/// What `unfinished.json` holds: how a run began whose results are not complete, so that a later one can go on with it.
struct UnfinishedRun: SealedRecord {
  let experiment, command, version, processor, profile: String
  /// How products of bfloat16 are computed.
  let bfloat16Products: String
  let settings: [String: Double]
  let threads: Int
  /// When it began, in ISO 8601.
  let date: String
  /// How long it was at work before this file was written.
  var seconds: Double
  var checksum = ""

  static let fileName = "unfinished.json"

  init(_ experiment: Experiment, _ settings: Settings, _ options: RunOptions, _ provenance: Provenance) {
    self.experiment = experiment.name
    self.settings = settings.byName
    command = provenance.command
    version = provenance.version
    processor = provenance.processor
    bfloat16Products = BFloat16Products.current.rawValue
    profile = options.profile.rawValue
    threads = options.threads
    date = options.date.ISO8601Format()
    seconds = 0
  }

  /// Reads the file of a folder. Throws an `ExperimentError`.
  init(in folder: String) throws {
    let path = "\(folder)/\(Self.fileName)"
    self = try Self.read(path)
    func require(_ holds: Bool, _ problem: String) throws(ExperimentError) {
      guard holds else { throw .brokenRecord(path: path, problem: problem) }
    }
    try require((1...1_024).contains(threads), "threads is \(threads), not a whole number from 1 to 1024")
    try require(0...1e9 ~= seconds, "seconds is \(seconds), not a number from 0 to 1e9")
    // It was at work from when it wrote this file until it wrote its last one.
    let begin = modificationTime(of: path)
    let end = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String }
      .map { modificationTime(of: "\(folder)/\($0)") }.max()
    seconds += max(0, (end ?? begin) - begin)
  }

  func write(in folder: String) throws { try write(to: "\(folder)/\(Self.fileName)") }

  /// Throws an `ExperimentError` where a run of the experiment can't go on with this one: it was begun by another version, or otherwise than
  /// it is asked for.
  func check(_ experiment: Experiment, _ options: RunOptions, _ asked: ResumeRequest, at path: String)
    throws(ExperimentError)
  {
    func refuse(_ reason: String) -> ExperimentError { .notResumable(path: path, reason: reason) }
    guard self.experiment == experiment.name else { throw refuse("it is a run of “\(self.experiment)”") }
    guard version == rheoscopeVersion else { throw refuse("it was begun by version \(version)") }
    guard profile == options.profile.rawValue else { throw refuse("it was begun with the \(profile) profile") }
    for (name, value) in asked.settings.sorted(by: { $0.key < $1.key }) {
      guard let begun = settings[name], begun != value else { continue }
      throw refuse("it was begun with \(name) \(formatShortest(begun)), not \(formatShortest(value))")
    }
    if let asked = asked.threads, asked != threads {
      throw refuse("it was begun with threads \(threads), not \(asked)")
    }
    let products = BFloat16Products.current.rawValue
    guard bfloat16Products == products else {
      throw refuse("its products of bfloat16 were \(bfloat16Products), and here they are \(products)")
    }
  }
}

/// What an interrupted run must have been begun with for a run to go on with it.
package struct ResumeRequest: Sendable {
  /// Some settings, or all.
  let settings: [String: Double]
  /// The threads per trial; nil for any.
  let threads: Int?

  package init(settings: [String: Double] = [:], threads: Int? = nil) {
    (self.settings, self.threads) = (settings, threads)
  }
}

/// In seconds since 1970; 0 if there is no such file.
private func modificationTime(of path: String) -> Double {
  var status = stat()
  return stat(path, &status) == 0 ? Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9 : 0
}
