/// How much time an experiment may take.
public enum Profile: String, Sendable, CaseIterable {
  /// Seconds: enough for what needs no long training.
  case quick
  /// Up to a minute: enough to judge every claim.
  case standard = "default"
  /// Many seeds, however long that takes.
  case full
}

/// A number that an experiment can be run with, by the flag `--name` or by the key `name` of a settings file.
public struct Setting: Sendable {
  /// Lowercase letters and hyphens: `learning-rate`.
  public let name: String
  /// What it sets, in one line.
  public let help: String
  /// The values that it accepts.
  public let kind: ValueKind
  private let values: [Profile: Double]

  /// The values that a setting accepts.
  public enum ValueKind: Sendable {
    /// A whole number.
    case whole(ClosedRange<Int>)
    /// A number.
    case number(ClosedRange<Double>)
    /// A number above 0.
    case positive(upTo: Int)
  }

  /// What a value should be instead, such as "a whole number from 2 to 20000"; nil if it is accepted.
  package func expectation(for value: Double) -> String? {
    switch kind {
    case .whole(let range):
      let isWhole = value == value.rounded() && abs(value) < 1e15
      return isWhole && range.contains(Int(value))
        ? nil : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(let range):
      return range.contains(value) ? nil : "a number from \(range.lowerBound) to \(range.upperBound)"
    case .positive(let most):
      return value > 0 && value <= Double(most) ? nil : "a number above 0, at most \(most)"
    }
  }

  /// The value in a profile.
  public func value(in profile: Profile) -> Double { values[profile]! }

  /// A setting that is a whole number. `quick` and `full` are its values in these profiles, by default `value`.
  public static func whole(
    _ name: String, _ value: Int, quick: Int? = nil, full: Int? = nil, in range: ClosedRange<Int>, _ help: String
  ) -> Setting {
    let values = [Profile.quick: quick ?? value, .standard: value, .full: full ?? value].mapValues(Double.init)
    return Setting(name: name, help: help, kind: .whole(range), values: values)
  }

  /// A setting that is a number. `quick` and `full` are its values in these profiles, by default `value`.
  public static func number(
    _ name: String, _ value: Double, quick: Double? = nil, full: Double? = nil, in range: ClosedRange<Double>,
    _ help: String
  ) -> Setting {
    Setting(
      name: name, help: help, kind: .number(range),
      values: [.quick: quick ?? value, .standard: value, .full: full ?? value])
  }

  /// `depth`: the number of layers with weights, at least 2.
  public static func depth(_ value: Int, quick: Int? = nil, full: Int? = nil) -> Setting {
    .whole("depth", value, quick: quick, full: full, in: 2...20_000, "number of layers with weights, at least 2")
  }

  /// `width`: the number of units of a hidden layer.
  public static func width(_ value: Int, quick: Int? = nil, full: Int? = nil) -> Setting {
    .whole("width", value, quick: quick, full: full, in: 1...65_536, "units per hidden layer")
  }

  /// `batch`: the number of images per training step.
  public static func batch(_ value: Int, quick: Int? = nil, full: Int? = nil) -> Setting {
    .whole("batch", value, quick: quick, full: full, in: 1...60_000, "batch size: images per training step")
  }

  /// `steps`: the number of training steps.
  public static func steps(_ value: Int, quick: Int? = nil, full: Int? = nil) -> Setting {
    .whole("steps", value, quick: quick, full: full, in: 1...100_000_000, "number of training steps")
  }

  /// `seeds`: the number of trials per variant, with the seeds f, f + 1, …, where f is the setting `first-seed`, which comes with it.
  /// Without this setting it is 1.
  public static func seeds(_ value: Int, quick: Int? = nil, full: Int? = nil) -> Setting {
    .whole("seeds", value, quick: quick, full: full, in: 1...10_000, "trials per variant")
  }

  /// The names of the settings that decide which trials run, not what happens in one.
  package static let ofTrials: Set = ["seeds", firstSeed.name]

  /// `first-seed`: the seed of the first trial.
  static let firstSeed = Setting.whole("first-seed", 0, in: 0...1_000_000, "seed of the first trial")

  /// `learning-rate`: the learning rate η of the optimizer.
  public static func learningRate(_ value: Double, quick: Double? = nil, full: Double? = nil) -> Setting {
    Setting(
      name: "learning-rate", help: "learning rate of the optimizer", kind: .positive(upTo: 1_000),
      values: [.quick: quick ?? value, .standard: value, .full: full ?? value])
  }
}
