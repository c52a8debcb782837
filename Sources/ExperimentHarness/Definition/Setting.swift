/// How much time an experiment may take.
public enum Profile: String, Sendable, CaseIterable {
  /// Seconds: enough for what needs no long training.
  case quick
  /// Up to a minute: enough to judge every claim.
  case standard = "default"
  /// As long as it takes to be surer.
  case full
}

/// A number that an experiment can be run with, by the flag `--name` or by the key `name` of a settings file.
public struct Setting: Sendable {
  /// Small letters and hyphens: `learning-rate`.
  public let name: String
  /// What it sets, in a line.
  public let help: String
  /// What values it takes.
  public let kind: Kind
  private let values: [Profile: Double]

  /// The values that a setting takes.
  public enum Kind: Sendable {
    /// A whole number.
    case whole(ClosedRange<Int>)
    /// A number.
    case number(ClosedRange<Double>)
    /// A number above 0.
    case positive(upTo: Int)
  }

  /// Its value in a profile unless the command says otherwise.
  public func value(in profile: Profile) -> Double { values[profile]! }

  /// A setting of one's own that is a whole number, in quick and full runs the same as by default unless they are given.
  public static func whole(
    _ name: String, _ value: Int, quick: Int? = nil, full: Int? = nil, in range: ClosedRange<Int>, _ help: String
  ) -> Setting {
    let values = [Profile.quick: quick ?? value, .standard: value, .full: full ?? value].mapValues(Double.init)
    return Setting(name: name, help: help, kind: .whole(range), values: values)
  }

  /// A setting of one's own that is a number, in quick and full runs the same as by default unless they are given.
  public static func number(
    _ name: String, _ value: Double, quick: Double? = nil, full: Double? = nil, in range: ClosedRange<Double>,
    _ help: String
  ) -> Setting {
    Setting(
      name: name, help: help, kind: .number(range),
      values: [.quick: quick ?? value, .standard: value, .full: full ?? value])
  }

  /// How many layers have weights, at least 2.
  public static func depth(_ value: Int, quick: Int? = nil, full: Int? = nil) -> Setting {
    .whole("depth", value, quick: quick, full: full, in: 2...20_000, "layers with weights, at least 2")
  }

  /// How many units a hidden layer has.
  public static func width(_ value: Int, quick: Int? = nil, full: Int? = nil) -> Setting {
    .whole("width", value, quick: quick, full: full, in: 1...65_536, "units of a hidden layer")
  }

  /// How many samples a step learns from.
  public static func batch(_ value: Int, quick: Int? = nil, full: Int? = nil) -> Setting {
    .whole("batch", value, quick: quick, full: full, in: 1...60_000, "images that a step learns from")
  }

  /// How many steps of training are made.
  public static func steps(_ value: Int, quick: Int? = nil, full: Int? = nil) -> Setting {
    .whole("steps", value, quick: quick, full: full, in: 1...100_000_000, "steps of gradient descent")
  }

  /// How many times each variant is tried, with the seeds 0, 1, …. Without this setting it is once.
  public static func seeds(_ value: Int, quick: Int? = nil, full: Int? = nil) -> Setting {
    .whole("seeds", value, quick: quick, full: full, in: 1...10_000, "how often each variant is tried: seeds 0, 1, …")
  }

  /// By how much of the gradient a step changes the weights.
  public static func learningRate(_ value: Double, quick: Double? = nil, full: Double? = nil) -> Setting {
    Setting(
      name: "learning-rate", help: "by how much of the gradient a step moves", kind: .positive(upTo: 1_000),
      values: [.quick: quick ?? value, .standard: value, .full: full ?? value])
  }
}
