import Foundation
import Rheoscope
import Support

/// The files of one trial in the folder of a run: its run file, and as long as the run is not complete its checkpoint and its results.
struct TrialFiles: Sendable {
  let run, checkpoint, results: String

  private static let checkpointEnding = ".checkpoint", resultsEnding = ".results.json"

  init(in folder: String, _ variant: String, seed: Int) {
    let base = "\(folder)/\(variant)/seed-\(seed)"
    (run, checkpoint, results) = (base + ".rheo", base + Self.checkpointEnding, base + Self.resultsEnding)
  }

  /// Makes their folder. Throws an `ExperimentError`.
  func makeFolder() throws(ExperimentError) {
    let folder = (run as NSString).deletingLastPathComponent
    do { try Support.makeFolder(at: folder) } catch { throw .notWritable(path: folder, error.code) }
  }

  /// Whether a checkpoint was saved.
  var hasCheckpoint: Bool { access(checkpoint, F_OK) == 0 }

  /// Whether a file of a run's folder is one that only an unfinished run has.
  static func areOfUnfinishedRun(_ path: String) -> Bool {
    // Hidden ones are drafts of killed processes.
    path.hasSuffix(checkpointEnding) || path.hasSuffix(resultsEnding) || path == UnfinishedRun.fileName
      || (path as NSString).lastPathComponent.hasPrefix(".")
  }

  /// Whether a file of a run's folder is the result of training.
  static func areResults(_ path: String) -> Bool {
    path.hasSuffix(".rheo") || path.hasSuffix(checkpointEnding) || path.hasSuffix(resultsEnding)
  }
}

/// The results of a finished trial, kept until all trials of the run are finished. Numbers are texts, which keep all bits.
struct TrialResults: SealedRecord {
  struct Number: Codable {
    let name: String
    let value: String?
    let repeats: String
  }
  struct Curve: Codable {
    let x, y: [String]
  }
  let trial: TrialIdentity
  /// The checksum of the run file; nil where nothing was recorded.
  let runChecksum: String?
  var checksum = ""
  /// The hash of the data set that was used.
  let dataHash: String?
  let measured: [Number]
  let series: [String: Curve]
  let tables: [String: [[String]]]

  /// Throws an `ExperimentError` where the run file can't be read.
  init(_ trial: Trial, _ identity: TrialIdentity, dataHash: String?) throws {
    func texts(_ numbers: [Double]) -> [String] { numbers.map { "\($0)" } }
    self.dataHash = dataHash
    self.trial = identity
    runChecksum = try trial.runPath.map(Self.checksum)
    measured = trial.names.map { name in
      let number = trial.measured[name]!
      return Number(name: name, value: number.value.map { "\($0)" }, repeats: number.repeats.recorded)
    }
    series = trial.series.mapValues { Curve(x: texts($0.x), y: texts($0.y)) }
    tables = trial.tables.mapValues { $0.map(texts) }
  }

  private static func checksum(ofFile path: String) throws -> String {
    var sum = Checksum()
    do { try InputFile(path: path).contents().withUnsafeBytes { sum.add($0) } } catch {
      throw ExperimentError.unreadableRecord(path: path, reason: error.reason)
    }
    return sum.text
  }

  /// The trial whose results are in these files; nil if it did not finish. Throws an `ExperimentError` where they can't be read, or are
  /// not as they were written.
  static func trial(_ identity: TrialIdentity, _ files: TrialFiles) throws -> (trial: Trial, dataHash: String?)? {
    guard access(files.results, F_OK) == 0 else { return nil }
    let record = try Self.read(files.results)
    guard record.trial == identity else {
      throw ExperimentError.brokenRecord(path: files.results, problem: "it has the results of another trial")
    }
    if let written = record.runChecksum, try checksum(ofFile: files.run) != written {
      throw ExperimentError.brokenRecord(path: files.run, problem: "it was changed after it was written")
    }
    func number(_ text: String) throws(ExperimentError) -> Double {
      guard let number = Double(text) else {
        throw .brokenRecord(path: files.results, problem: "“\(text)” is no number")
      }
      return number
    }
    var trial = Trial(variant: identity.variant, seed: identity.seed)
    for entry in record.measured where trial.measured[entry.name] == nil {
      trial.names.append(entry.name)
      trial.measured[entry.name] = MeasuredNumber(
        value: try entry.value.map(number), repeats: Repeatability(recorded: entry.repeats))
    }
    for (name, curve) in record.series {
      guard curve.x.count == curve.y.count else {
        throw ExperimentError.brokenRecord(path: files.results, problem: "the two lists of “\(name)” differ in length")
      }
      trial.series[name] = Series(x: try curve.x.map(number), y: try curve.y.map(number))
    }
    trial.tables = try record.tables.mapValues { try $0.map { try $0.map(number) } }
    if record.runChecksum != nil { trial.runPath = files.run }
    return (trial, record.dataHash)
  }
}
