import Rheoscope
import Support

extension TrialContext {
  /// Trains a net, and returns the loss of each step.
  ///
  /// `step` trains with one batch and returns its loss, a scalar. The batches are the first `steps` of `batches`. A run with checkpoints saves model,
  /// optimizer, recorder and losses after every so many steps, and one that is resumed goes on from there: so nothing else may pass from
  /// one step to the next, and whatever the trial does besides must follow from settings and seed. The model must have its initial weights.
  ///
  /// A trial has checkpoints in the first training only. Throws what `step` throws, and a `WeightsError` where a checkpoint can't be saved.
  public func train(
    _ model: Module, _ optimizer: Optimizer, _ recorder: Recorder?, on batches: ShuffledBatches, steps: Int,
    step: (Batch) throws -> Tensor
  ) throws -> [Double] {
    var losses: [Double] = []
    let interval = beginTraining() ? checkpointInterval : nil
    var batches = batches.makeIterator()
    if let path = checkpointToResume {
      losses = try resuming(path) {
        batches.position = try TrainingState(restoring: model, optimizer, from: path).batchPosition
        return try TrainingState.others(in: path).numbers[Self.lossesName] ?? []
      }
      checkpointToResume = nil
    }
    while losses.count < steps {
      losses.append(Double(try step(batches.next()!).value))
      reportProgress(Double(losses.count) / Double(steps))
      guard let interval, losses.count % interval == 0, losses.count < steps else { continue }
      var others = SavedState()
      others.numbers[Self.lossesName] = losses
      try saving {
        try files.makeFolder()
        try TrainingState(step: losses.count).save(
          model, optimizer, nil, recorder: recorder, with: others, to: files.checkpoint)
      }
    }
    return losses
  }

  private static let lossesName = "losses"
}

/// A checkpoint that can't be used. The trial begins again without it.
struct UnusableCheckpoint: Error {
  let path: String
  let reason: String
}

/// Runs what goes on from a checkpoint, and makes its errors an `UnusableCheckpoint`.
func resuming<Result>(_ path: String, _ body: () throws -> Result) throws(UnusableCheckpoint) -> Result {
  do { return try body() } catch { throw UnusableCheckpoint(path: path, reason: "\(error)") }
}
