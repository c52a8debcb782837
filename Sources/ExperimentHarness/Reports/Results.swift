import Rheoscope

/// What the trials of an experiment showed.
public struct Results: Sendable {
  /// What it was run with.
  public let settings: Settings
  /// What was compared.
  public let variants: [Variant]
  let experiment: Experiment
  /// Variants in the experiment's order, and the seeds of each from 0.
  let trials: [Trial]
  /// Whether the trials are from the records of an earlier run, which may not have measured all that is asked for now.
  let areRecorded: Bool

  /// Results made of their parts.
  package init(experiment: Experiment, settings: Settings, trials: [Trial], areRecorded: Bool = false) {
    self.experiment = experiment
    self.settings = settings
    self.trials = trials
    self.areRecorded = areRecorded
    variants = experiment.variants(settings)
  }

  /// The number that each seed of a variant reported under a name, nil where it had none. Stops where no trial knows the name.
  public func values(_ name: String, of variant: Variant) -> [Double?] {
    check(name)
    return trials(of: variant).map { $0.measured[name]?.value }
  }

  /// Median and interval over the seeds of a variant that reported a number; nil where none did.
  public func spread(_ name: String, of variant: Variant) -> MedianInterval? {
    MedianInterval(values(name, of: variant).compactMap { $0 })
  }

  /// The median over the seeds of a variant that reported a number; NaN where none did.
  public func median(_ name: String, of variant: Variant) -> Double { spread(name, of: variant)?.median ?? .nan }

  /// The curves that the seeds of a variant reported under a name.
  public func series(_ name: String, of variant: Variant) -> [Series] {
    trials(of: variant).compactMap { $0.series[name] }
  }

  /// The tables that the seeds of a variant reported under a name.
  public func tables(_ name: String, of variant: Variant) -> [[[Double]]] {
    trials(of: variant).compactMap { $0.tables[name] }
  }

  /// The run files that were recorded, in the order of variants and seeds.
  public var runs: [Run] {
    get throws { try trials.compactMap(\.runPath).map { try Run(path: $0) } }
  }

  /// The names of what was measured, in the order in which they were first reported.
  package var names: [String] {
    var known = Set<String>()
    return trials.flatMap(\.names).filter { known.insert($0).inserted }
  }

  /// What became of each claim.
  package var judgements: [Judgement] { experiment.claims.map { $0.judged(self) } }

  /// What became of each claim of the literature's that these trials don't show, and what may be the reason.
  package var disagreements: [(judgement: Judgement, why: String)] {
    experiment.disagreements.map { ($0.claim.judged(self), $0.why) }
  }

  func trials(of variant: Variant) -> [Trial] { trials.filter { $0.variant == variant.name } }

  fileprivate func check(_ name: String) {
    guard trials.contains(where: { $0.measured[name] != nil }) else {
      stop("Results", "no trial reported “\(name)”; reported are \(names.joined(separator: ", "))")
    }
  }
}

/// What the trials of one seed showed: with the same seed variants had the same batches and, as far as they have the same
/// paths, the same first weights.
public struct OneSeed: Sendable {
  /// Which seed.
  public let seed: Int
  /// What the experiment was run with.
  public var settings: Settings { results.settings }
  /// What was compared.
  public var variants: [Variant] { results.variants }
  private let results: Results

  init(_ seed: Int, _ results: Results) {
    self.seed = seed
    self.results = results
  }

  /// The number that a variant reported under a name. Throws `NotMeasured` where it had none.
  public subscript(name: String, variant: Variant) -> Double {
    get throws {
      if !results.areRecorded { results.check(name) }
      guard let value = trial(variant)?.measured[name]?.value else {
        throw NotMeasured(reason: "\(variant.name) has no \(name)")
      }
      return value
    }
  }

  /// The curve that a variant reported under a name. Throws `NotMeasured` where there is none.
  public func series(_ name: String, of variant: Variant) throws -> Series {
    guard let series = trial(variant)?.series[name] else {
      throw NotMeasured(reason: "\(variant.name) has no \(name)")
    }
    return series
  }

  /// The table that a variant reported under a name. Throws `NotMeasured` where there is none.
  public func table(_ name: String, of variant: Variant) throws -> [[Double]] {
    guard let table = trial(variant)?.tables[name] else { throw NotMeasured(reason: "\(variant.name) has no \(name)") }
    return table
  }

  /// The numbers that all seeds of a variant reported under a name: how far seeds are apart is what one is compared with.
  public func allSeeds(_ name: String, of variant: Variant) -> [Double] {
    results.values(name, of: variant).compactMap { $0 }
  }

  private func trial(_ variant: Variant) -> Trial? {
    results.trials.first { $0.variant == variant.name && $0.seed == seed }
  }
}

/// Why a claim can't be judged.
public struct NotMeasured: Error, Equatable {
  /// The reason, as part of a sentence.
  public let reason: String

  /// A reason, as part of a sentence.
  public init(reason: String) { self.reason = reason }
}
