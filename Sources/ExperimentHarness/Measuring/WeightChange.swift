import Rheoscope

extension TrainedNet {
  /// By how much training has changed each weight, ‖ΔW‖ / ‖W‖, with the weight's path, in the order of the model. `start` is the same
  /// net as it was before training; see `Variant.untrainedNet(_:seed:)`.
  public func weightChanges(since start: Module) -> [(path: String, share: Double)] {
    zip(start.parameters, model.parameters).compactMap { before, after in
      guard before.path.hasSuffix("weight") else { return nil }
      let old = before.parameter.value
      return (before.path, Double((after.parameter.value - old).rms / old.rms))
    }
  }
}
