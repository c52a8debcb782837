import Rheoscope
import Support

extension TrialContext {
  /// Trains a net, and returns the loss of each step.
  ///
  /// `step` trains with one batch and returns its loss, a scalar. The batches are the first `steps` of `batches`. A run with checkpoints saves
  /// model, optimizer, recorder and losses after every so many steps, and one that is resumed goes on from there: so nothing else may pass
  /// from one step to the next, and whatever the trial does besides must follow from settings and seed. The model must have its initial
  /// weights. No checkpoint is saved after a step that does not end with `Recorder.step`.
  ///
  /// A trial has checkpoints in the first training only. Throws what `step` throws. A checkpoint that can't be saved is noted.
  public func train(
    _ model: Module, _ optimizer: Optimizer, _ recorder: Recorder?, on batches: ShuffledBatches, steps: Int,
    step: (Batch) throws -> Tensor
  ) throws -> [Double] {
    let isFirst = beginTraining(), steps = min(steps, stepLimit ?? steps)
    var losses = isFirst ? try resume(model, optimizer) ?? [] : []
    guard losses.count <= steps else {
      throw UnusableCheckpoint(reason: "\(files.checkpoint): it has more steps than the training")
    }
    checkpointToResume = nil
    var interval = isFirst ? checkpointInterval : nil
    var batches = batches.starting(at: losses.count).makeIterator()
    while losses.count < steps {
      losses.append(Double(try step(batches.next()!).value))
      reportProgress(Double(losses.count) / Double(steps))
      guard let every = interval, losses.count % every == 0, losses.count < steps, recorder?.isBetweenSteps ?? true
      else {
        continue
      }
      do { try saveCheckpoint(losses, model, optimizer, recorder) } catch let error as WeightsError {
        note("\(error); the training goes on without checkpoints")
        interval = nil
      }
    }
    return losses
  }

  private func saveCheckpoint(
    _ losses: [Double], _ model: Module, _ optimizer: Optimizer, _ recorder: Recorder?
  ) throws {
    var others = SavedState()
    others.tensors[Self.losses] = Tensor(losses.map { Float($0) }, shape: [losses.count])
    others.texts[Self.trial] = identity.text
    others.texts[Self.dataHash] = dataHash
    try saving {
      try files.makeFolder()
      try TrainingState(step: losses.count)
        .save(model, optimizer, nil, recorder: recorder, with: others, to: files.checkpoint)
    }
  }

  /// Restores model and optimizer from the trial's checkpoint, and returns the losses until then; nil if the trial begins. Throws an
  /// `UnusableCheckpoint`, or an error that may pass, such as that a file is locked.
  func resume(_ model: Module, _ optimizer: Optimizer) throws -> [Double]? {
    guard let path = checkpointToResume else { return nil }
    return try usingCheckpoint {
      let others = try TrainingState.others(in: path)
      guard others.texts[Self.trial] == identity.text else {
        throw WeightsError.differentTraining(path: path, problem: "it is the checkpoint of another trial")
      }
      if let hash = others.texts[Self.dataHash] { try requireData(hash) }
      let state = try TrainingState(restoring: model, optimizer, from: path)
      let losses = others.tensors[Self.losses]?.values.map(Double.init) ?? []
      guard state.step == losses.count, state.batchPosition == losses.count else {
        throw WeightsError.differentTraining(
          path: path, problem: "it has \(losses.count) losses of \(state.step) steps")
      }
      return losses
    }
  }

  private static let losses = "losses", trial = "trial", dataHash = "data_hash"
}

/// A checkpoint that can't be used. The trial begins again without it.
struct UnusableCheckpoint: Error {
  let reason: String
}

/// Runs what goes on from a checkpoint. Errors that say that the checkpoint or the run file is damaged or another one become an
/// `UnusableCheckpoint`; others, which may pass, are thrown as they are.
func usingCheckpoint<Result>(_ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as WeightsError {
    if case .unreadable = error { throw error }
    throw UnusableCheckpoint(reason: "\(error)")
  } catch let error as RunFileError {
    switch error {
    case .noSuchFile, .notARunFile, .unreadable, .wrongValue, .cannotResume:
      throw UnusableCheckpoint(reason: "\(error)")
    default: throw error
    }
  }
}
