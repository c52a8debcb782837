/// Probes, each with the steps at which it looks and the layers that it looks at.
///
///     .standard                                     // every layer at every step
///     .thorough.every(16)
///     .standard + ProbeSet(Kurtosis()).on(.every(10), at: "blocks.**")
///
/// Where several of one name are due at a layer, as in `.standard + .thorough.every(16)`, the first of them looks.
public struct ProbeSet: ExpressibleByArrayLiteral {
  struct Plan {
    var probe: any Probe
    var schedule: RecordingSchedule
    /// Paths that it looks at; nil is all.
    var pattern: String?
  }
  var plans: [Plan]

  /// Probes that look at every layer at every step.
  public init(_ probes: any Probe...) {
    let schedule = RecordingSchedule.every(1)
    plans = probes.map { Plan(probe: $0, schedule: schedule, pattern: nil) }
  }

  /// Probes that look at every layer at every step.
  public init(arrayLiteral probes: any Probe...) {
    let schedule = RecordingSchedule.every(1)
    plans = probes.map { Plan(probe: $0, schedule: schedule, pattern: nil) }
  }

  /// What the probes measure.
  public var descriptions: [ProbeDescription] { plans.map(\.probe.about) }

  /// The same probes on a schedule, and where `pattern` is given only at layers whose path fits it; `*` is one component of
  /// a path, `**` any number.
  public func on(_ schedule: RecordingSchedule, at pattern: String? = nil) -> ProbeSet {
    var changed = self
    for index in plans.indices {
      changed.plans[index].schedule = schedule
      if let pattern { changed.plans[index].pattern = pattern }
    }
    return changed
  }

  /// The same probes every `interval` steps.
  public func every(_ interval: Int) -> ProbeSet { on(.every(interval)) }

  /// The same probes, only at layers whose path fits.
  public func at(_ pattern: String) -> ProbeSet {
    var changed = self
    for index in plans.indices { changed.plans[index].pattern = pattern }
    return changed
  }

  /// Both.
  public static func + (left: ProbeSet, right: ProbeSet) -> ProbeSet {
    var both = left
    both.plans += right.plans
    return both
  }
}

extension ProbeSet {
  /// The columns of the table `layer`: what activations, gradients, weights and updates are like.
  public static var standard: ProbeSet { [ActivationStatistics(), GradientStatistics(), WeightStatistics()] }

  /// Also dead units, what directions gradients and updates take, how far weights have come, how much the samples of a batch
  /// differ, and histograms.
  public static var thorough: ProbeSet {
    standard + [
      DeadUnits(), GradientCosine(), UpdateCosine(), DistanceFromInitialization(), GradientNoise(), Histograms(),
    ]
  }

  /// All probes there are. Those from `HessianTrace` on cost several steps each, so give them a schedule; curvature and input
  /// gradients need `again` in `Recorder.step`.
  public static var everything: ProbeSet {
    thorough + [
      GradientTests(), Alpha(), EffectiveRank(), SimilarityToFinal(), HessianTrace(), HessianTopEigenvalue(),
      InputGradients(), JacobianSingularValues(), GradientCorrelation(),
    ]
  }
}
