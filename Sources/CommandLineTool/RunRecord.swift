import Rheoscope

/// A run, for programs.
struct RunRecord: Encodable {
  let path: String
  let experiment, variant: String?
  let seed: Int?
  let steps: Int
  let isFinished: Bool
  let finalLoss: Double

  init(_ run: Run, at path: String) {
    self.path = path
    (experiment, variant, seed) = (run.experiment, run.variant, run.seed)
    (steps, isFinished, finalLoss) = (run.steps.count, run.isFinished, run.finalLoss)
  }
}
