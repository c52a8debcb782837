/// What one trial showed.
package struct Trial: Sendable {
  let variant: String
  let seed: Int
  /// What was measured, in the order in which it was.
  var names: [String] = []
  var measured: [String: Measured] = [:]
  var series: [String: Series] = [:]
  var tables: [String: [[Double]]] = [:]
  /// Where it was recorded; nil where it was not.
  var runPath: String?

  init(variant: String, seed: Int) {
    self.variant = variant
    self.seed = seed
  }

  /// A trial made of what it measured.
  package init(variant: String, seed: Int, measured: KeyValuePairs<String, Double?>) {
    self.init(variant: variant, seed: seed)
    for (name, value) in measured { note(name, value) }
  }

  /// A trial as an earlier run recorded it, without its curves and tables.
  init(_ variant: Summary.Variant, seed: Int) {
    self.init(variant: variant.name, seed: seed)
    for number in variant.measured { note(number.name, number.perSeed[seed]) }
  }

  private mutating func note(_ name: String, _ value: Double?) {
    names.append(name)
    measured[name] = Measured(value: value, repeats: .exactly)
  }
}

/// A number that was measured, or that there was none.
struct Measured: Sendable {
  let value: Double?
  let repeats: Repeatability
}

/// A curve: values over places.
public struct Series: Sendable, Equatable {
  /// The places, such as steps.
  public let x: [Double]
  /// The values, as many.
  public let y: [Double]
}
