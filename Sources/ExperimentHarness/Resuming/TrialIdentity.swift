import Foundation
import Rheoscope

/// Which trial a checkpoint or a file of results belongs to.
struct TrialIdentity: Codable, Equatable {
  let experiment, variant, version: String
  let seed: Int
  /// With the variant's changes.
  let settings: [String: Double]

  init(_ experiment: String, _ variant: Variant, seed: Int, _ settings: Settings) {
    (self.experiment, self.variant, self.seed) = (experiment, variant.name, seed)
    version = rheoscopeVersion
    self.settings = variant.adjusted(settings).byName
  }

  /// In one line, the same for equal ones.
  var text: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try! encoder.encode(self), as: UTF8.self)
  }

  /// Throws a `RunFileError` unless a run file is that of this trial.
  func check(_ run: Run) throws(RunFileError) {
    guard run.experiment == experiment, run.variant == variant, run.seed == seed else {
      throw .cannotResume(path: run.path, reason: "it is the recording of another trial")
    }
  }
}
