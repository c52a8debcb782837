/// Probes, each with the steps and the layers that it observes.
///
///     .standard                                     // every layer at every step
///     .thorough.every(16)
///     .standard + ProbeSet(Kurtosis()).on(.every(10), at: "blocks.**")
///
/// If several probes with the same name are active at a layer, as in `.standard + .thorough.every(16)`, only the first runs.
public struct ProbeSet: ExpressibleByArrayLiteral {
  struct Plan {
    var probe: any Probe
    var schedule: RecordingSchedule
    /// The pattern of the paths that it observes; nil is all.
    var pattern: String?
  }
  var plans: [Plan]

  /// Probes that observe every layer at every step.
  public init(_ probes: any Probe...) {
    let schedule = RecordingSchedule.every(1)
    plans = probes.map { Plan(probe: $0, schedule: schedule, pattern: nil) }
  }

  /// Probes that observe every layer at every step.
  public init(arrayLiteral probes: any Probe...) {
    let schedule = RecordingSchedule.every(1)
    plans = probes.map { Plan(probe: $0, schedule: schedule, pattern: nil) }
  }

  /// The descriptions of the probes.
  public var descriptions: [ProbeDescription] { plans.map(\.probe.about) }

  /// The same probes on a schedule, and if `pattern` is given only at layers whose path matches it; `*` is one component of a path, `**`
  /// any number. A recorder throws if the pattern matches no module.
  public func on(_ schedule: RecordingSchedule, at pattern: String? = nil) -> ProbeSet {
    var changed = self
    for index in plans.indices {
      changed.plans[index].schedule = schedule
      if let pattern { changed.plans[index].pattern = pattern }
    }
    return changed
  }

  /// The same probes every `interval` steps, from step 0 on. Stops the program if `interval` is below 1.
  public func every(_ interval: Int) -> ProbeSet { on(.every(interval)) }

  /// The same probes, only at layers whose path matches the pattern. A recorder throws if the pattern matches no module.
  public func at(_ pattern: String) -> ProbeSet {
    var changed = self
    for index in plans.indices { changed.plans[index].pattern = pattern }
    return changed
  }

  /// The probes of both sets, those of `left` first.
  public static func + (left: ProbeSet, right: ProbeSet) -> ProbeSet {
    var both = left
    both.plans += right.plans
    return both
  }
}

extension ProbeSet {
  /// The columns of the tables `layer` and `weight`: statistics of activations, gradients, weights and updates.
  public static var standard: ProbeSet { [ActivationStatistics(), GradientStatistics(), WeightStatistics()] }

  /// The standard probes, and dead units, cosines of successive gradients and updates, the distance from initialization, gradient noise
  /// and histograms.
  public static var thorough: ProbeSet {
    standard + [
      DeadUnits(), GradientCosine(), UpdateCosine(), DistanceFromInitialization(), GradientNoise(), Histograms(),
    ]
  }

  /// All probes. Those from `HessianTrace` on take as long as several training steps each, so use a schedule; curvature and input
  /// gradients need `again` in `Recorder.step`.
  public static var everything: ProbeSet {
    thorough + [
      GradientTests(), Alpha(), EffectiveRank(), SimilarityToFinal(), HessianTrace(), HessianTopEigenvalue(),
      InputGradients(), JacobianSingularValues(), GradientCorrelation(),
    ]
  }
}
