/// What a fault makes worse.
enum Outcome: String, Sendable {
  /// The mean of the last 20 losses over that of a constant output; at most 2, also where it is not finite.
  case training = "training loss"
  /// The last loss on validation samples over that of a constant output; at most 2.
  case validation = "validation loss"
  /// 1 minus the share of the parameters of two or more dimensions that change by more than 10⁻⁴ of their norm.
  case learning = "parameters that learn"
  /// As `training`, but over the mean of the first ten losses: for losses that a constant output does not have.
  case relativeTraining = "training loss / first losses"
}

/// A fault that can be injected into a training, and what it does.
struct Fault: Sendable {
  /// Its name in tables.
  let id: String
  /// The names of rules that state its cause; the first is the usual one.
  let names: [String]
  /// What is injected.
  let about: String
  let outcome: Outcome
  /// By how much the mean outcome must be above the healthy twin's.
  let margin: Double
  /// From weak to strong.
  let strengths: [Double]
  /// The trainings into which it can be injected.
  let fits: @Sendable (Recipe) -> Bool
  /// What twin and faulty training have in common beyond their base.
  let prepare: @Sendable (inout Recipe, _ strength: Double) -> Void
  /// The fault itself.
  let inject: @Sendable (inout Recipe, _ strength: Double) -> Void
  /// The modules at fault, of which the first finding must name one first; empty where the fault is in no module.
  let sites: @Sendable (BenchmarkNet) -> [String?]

  init(
    _ id: String, _ names: [String], _ about: String, outcome: Outcome = .training, margin: Double? = nil,
    _ strengths: [Double],
    fits: @escaping @Sendable (Recipe) -> Bool = { _ in true },
    prepare: @escaping @Sendable (inout Recipe, Double) -> Void = { _, _ in },
    sites: @escaping @Sendable (BenchmarkNet) -> [String?] = { _ in [] },
    inject: @escaping @Sendable (inout Recipe, Double) -> Void
  ) {
    (self.id, self.names, self.about, self.outcome) = (id, names, about, outcome)
    self.margin = margin ?? (outcome == .learning ? 0.05 : outcome == .validation ? 0.15 : 0.25)
    (self.strengths, self.fits, self.prepare, self.sites, self.inject) = (strengths, fits, prepare, sites, inject)
  }

  /// All faults.
  static let all = setupFaults + dataFaults + signalFaults + numericFaults
}
