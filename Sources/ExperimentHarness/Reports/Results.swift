import Rheoscope
import Support

/// The results of all trials of an experiment.
public struct Results: Sendable {
  /// The settings of the run.
  public let settings: Settings
  /// The variants that were compared.
  public let variants: [Variant]
  let experiment: Experiment
  /// Trials in the order of variants, and for each variant in the order of seeds.
  let trials: [Trial]
  /// Whether the trials were read from an earlier run's files, which may lack numbers that this version measures.
  let areRecorded: Bool

  package init(experiment: Experiment, settings: Settings, trials: [Trial], areRecorded: Bool = false) {
    self.experiment = experiment
    self.settings = settings
    self.trials = trials
    self.areRecorded = areRecorded
    variants = experiment.variants(settings)
  }

  /// The number that each seed of a variant reported under a name, nil where it had none. Stops the program if no trial
  /// reported this name.
  public func values(_ name: String, of variant: Variant) -> [Double?] {
    check(name)
    return trials(of: variant).map { $0.measured[name]?.value }
  }

  /// Median and interval over the seeds of a variant that reported a number; nil where none did. Stops the program if no trial
  /// reported this name.
  public func interval(_ name: String, of variant: Variant) -> MedianInterval? {
    MedianInterval(values(name, of: variant).compactMap { $0 })
  }

  /// The median over the seeds of a variant that reported a number; NaN where none did. Stops the program if no trial reported
  /// this name.
  public func median(_ name: String, of variant: Variant) -> Double { interval(name, of: variant)?.median ?? .nan }

  /// The series that the seeds of a variant reported under a name.
  public func series(_ name: String, of variant: Variant) -> [Series] {
    trials(of: variant).compactMap { $0.series[name] }
  }

  /// The tables that the seeds of a variant reported under a name, each as an array of rows.
  public func tables(_ name: String, of variant: Variant) -> [[[Double]]] {
    trials(of: variant).compactMap { $0.tables[name] }
  }

  /// The colour of a variant, the same in all figures of the experiment and in charts of its run files.
  public func color(of variant: Variant) -> ColorRole { styles(of: [variant])[0].color }

  /// The colours of the variants of one figure: the same as `color(of:)`, but for variants whose colours a theme would repeat.
  public func colors(of variants: [Variant]) -> [ColorRole] { styles(of: variants).map(\.color) }

  /// The looks of the variants of one figure.
  func styles(of shown: [Variant]) -> [VariantStyle] {
    let names = variants.map(\.name), all = VariantStyle.all(named: names)
    return VariantStyle.distinct(
      shown.map { variant in
        guard let index = names.firstIndex(of: variant.name) else {
          stop("Results.color", "“\(variant.name)” is none of the experiment's variants")
        }
        return all[index]
      })
  }

  /// The recorded runs, in the order of variants and seeds. Throws a `RunFileError` where a run file can't be read.
  public var runs: [Run] {
    get throws { try trials.compactMap(\.runPath).map { try Run(path: $0) } }
  }

  /// The names of the measured numbers, in the order in which they were first reported.
  package var names: [String] {
    var known = Set<String>()
    return trials.flatMap(\.names).filter { known.insert($0).inserted }
  }

  /// The verdict on each claim.
  package var judgements: [Judgement] { experiment.claims.map { $0.judged(self) } }

  /// The verdict on each claim of the literature, and the possible reason for a disagreement.
  package var disagreements: [(judgement: Judgement, reason: String)] {
    experiment.disagreements.map { ($0.claim.judged(self), $0.reason) }
  }

  func trials(of variant: Variant) -> [Trial] { trials.filter { $0.variant == variant.name } }

  fileprivate func check(_ name: String) {
    guard trials.contains(where: { $0.measured[name] != nil }) else {
      stop("Results", "no trial reported “\(name)”; reported are \(names.joined(separator: ", "))")
    }
  }
}

/// The results of one seed. With the same seed all variants had the same batches and, where their parameter paths and initializers
/// agree, the same initial weights.
public struct SeedResults: Sendable {
  /// The seed.
  public let seed: Int
  /// The names of variants whose results stand for those of others.
  private var substitutes: [String: String] = [:]
  /// The settings of the run.
  public var settings: Settings { results.settings }
  /// The variants that were compared.
  public var variants: [Variant] { results.variants }
  private let results: Results

  init(_ seed: Int, _ results: Results) {
    self.seed = seed
    self.results = results
  }

  /// The number that a variant reported under a name. Throws `NotMeasured` where it had none. Stops the program if no trial
  /// reported this name.
  public subscript(name: String, variant: Variant) -> Double {
    get throws {
      if !results.areRecorded { results.check(name) }
      guard let value = trial(variant)?.measured[name]?.value else { throw missing(name, variant) }
      return value
    }
  }

  /// The series that a variant reported under a name. Throws `NotMeasured` where there is none.
  public func series(_ name: String, of variant: Variant) throws -> Series {
    guard let series = trial(variant)?.series[name] else { throw missing(name, variant) }
    return series
  }

  /// The table that a variant reported under a name, as an array of rows. Throws `NotMeasured` where there is none.
  public func table(_ name: String, of variant: Variant) throws -> [[Double]] {
    guard let table = trial(variant)?.tables[name] else { throw missing(name, variant) }
    return table
  }

  /// The numbers that all seeds of a variant reported under a name, to compare this seed with. Stops the program if no trial
  /// reported this name.
  public func allSeeds(_ name: String, of variant: Variant) -> [Double] {
    let stands = results.variants.first { $0.name == substitutes[variant.name] } ?? variant
    return results.values(name, of: stands).compactMap { $0 }
  }

  /// The same results, with those of another variant in place of a variant's.
  func swapping(_ variant: Variant, for other: Variant) -> SeedResults {
    var results = self
    results.substitutes[variant.name] = other.name
    return results
  }

  private func trial(_ variant: Variant) -> Trial? {
    let name = substitutes[variant.name] ?? variant.name
    return results.trials.first { $0.variant == name && $0.seed == seed }
  }

  private func missing(_ name: String, _ variant: Variant) -> NotMeasured {
    NotMeasured(reason: "\(variant.name) has no \(name)")
  }
}

/// Why a claim can't be judged.
public struct NotMeasured: Error, Equatable {
  /// The reason, as part of a sentence.
  public let reason: String

  /// An error with this reason, which completes “not judged: …”.
  public init(reason: String) { self.reason = reason }
}
