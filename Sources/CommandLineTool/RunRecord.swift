import Rheoscope

/// A run, for programs.
struct RunRecord: Encodable {
  let path: String
  let experiment, variant, started: String?
  let seed: Int?
  let steps: Int
  let isFinished: Bool
  let finalLoss: Double
  let gradientFactor: Double?

  /// Throws a `RunFileError` if the file can't be read.
  init(_ run: Run) throws {
    path = run.path
    (experiment, variant, started, seed) = (run.experiment, run.variant, run.meta[.started], run.seed)
    (steps, isFinished, finalLoss) = (run.steps.count, run.isFinished, run.finalLoss)
    gradientFactor = try run.summary().gradientFactor
  }
}
