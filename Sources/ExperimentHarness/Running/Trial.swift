/// The results of one trial.
package struct Trial: Sendable {
  let variant: String
  let seed: Int
  /// The names of measured numbers, in the order in which they were reported.
  var names: [String] = []
  var measured: [String: MeasuredNumber] = [:]
  var series: [String: Series] = [:]
  var tables: [String: [[Double]]] = [:]
  /// The path of the run file; nil where nothing was recorded.
  var runPath: String?

  init(variant: String, seed: Int) {
    self.variant = variant
    self.seed = seed
  }

  /// A trial with these numbers.
  package init(variant: String, seed: Int, measured: KeyValuePairs<String, Double?>) {
    self.init(variant: variant, seed: seed)
    for (name, value) in measured { add(name, value) }
  }

  /// A trial of an earlier run, without its series and tables, which are not recorded.
  /// `index` is that of the seed among those of the run.
  init(_ variant: VariantRecord, seed: Int, index: Int) {
    self.init(variant: variant.name, seed: seed)
    for number in variant.measured { add(number.name, number.perSeed[index]) }
  }

  private mutating func add(_ name: String, _ value: Double?) {
    names.append(name)
    measured[name] = MeasuredNumber(value: value, repeats: .exactly)
  }
}

/// A measured number, or nil where there was none to measure.
struct MeasuredNumber: Sendable {
  let value: Double?
  let repeats: Repeatability
}

/// How closely a measured number is reproduced when the trial is repeated on the same machine.
public enum Repeatability: Sendable, Equatable {
  /// Bit for bit, as all that follows from settings and seed.
  case exactly
  /// Up to this relative difference.
  case within(Double)
  /// Not at all, as timings.
  case never
}

/// A curve: values y over x.
public struct Series: Sendable, Equatable {
  /// The x values, such as steps or layers.
  public let x: [Double]
  /// The values, one for each x.
  public let y: [Double]
}
