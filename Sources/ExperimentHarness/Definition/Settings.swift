import Rheoscope
import Support

/// The numbers that an experiment is run with, by the names of its settings.
public struct Settings: Sendable, Equatable {
  /// The names, in the order in which the experiment declares them.
  public let names: [String]
  /// The profile that the numbers were taken from, before any was set otherwise.
  public let profile: Profile
  private var values: [String: Double]

  /// The declared settings with their values in a profile. Stops the program if two have the same name.
  public init(_ settings: [Setting], in profile: Profile = .standard) {
    names = settings.map(\.name)
    self.profile = profile
    values = Dictionary(uniqueKeysWithValues: settings.map { ($0.name, $0.value(in: profile)) })
  }

  /// The value of a setting. Stops the program if the experiment declares none of this name.
  public subscript(name: String) -> Double {
    get {
      guard let value = values[name] else { undeclared(name) }
      return value
    }
    set {
      guard values.updateValue(newValue, forKey: name) != nil else { undeclared(name) }
    }
  }

  /// The value of a setting that is declared as a whole number. Stops the program if the experiment declares none of this name.
  public func whole(_ name: String) -> Int { Int(self[name]) }

  /// All values by name.
  package var byName: [String: Double] { values }

  /// All settings with their values, in one line: depth 50, width 64. The first seed is named where it is not 0.
  package var summary: String {
    let shown = names.filter { $0 != Setting.firstSeed.name || firstSeed > 0 }
    return shown.isEmpty ? "no settings" : shown.map { "\($0) \(formatShortest(self[$0]))" }.joined(separator: ", ")
  }

  private func undeclared(_ name: String) -> Never {
    stop("Settings", "no setting “\(name)” is declared; declared are \(names.joined(separator: ", "))")
  }
}

/// The settings that most experiments have.
extension Settings {
  /// The number of layers with weights. Stops the program if not declared.
  public var depth: Int {
    get { whole("depth") }
    set { self["depth"] = Double(newValue) }
  }

  /// The number of units of a hidden layer. Stops the program if not declared.
  public var width: Int {
    get { whole("width") }
    set { self["width"] = Double(newValue) }
  }

  /// The number of images per training step. Stops the program if not declared.
  public var batch: Int {
    get { whole("batch") }
    set { self["batch"] = Double(newValue) }
  }

  /// The number of training steps. Stops the program if not declared.
  public var steps: Int {
    get { whole("steps") }
    set { self["steps"] = Double(newValue) }
  }

  /// The number of trials per variant; 1 where the experiment doesn't declare it. Stops the program if set where it is not
  /// declared.
  public var seeds: Int {
    get { names.contains("seeds") ? whole("seeds") : 1 }
    set { self["seeds"] = Double(newValue) }
  }

  /// The seed of the first trial of each variant; 0 where the experiment doesn't declare seeds.
  public var firstSeed: Int {
    get { names.contains(Setting.firstSeed.name) ? whole(Setting.firstSeed.name) : 0 }
    set { self[Setting.firstSeed.name] = Double(newValue) }
  }

  /// The seeds of the trials of each variant.
  package var seedNumbers: Range<Int> { firstSeed..<firstSeed + seeds }

  /// The learning rate of the optimizer. A variant may set it where the experiment declares none. Stops the program if it is neither
  /// declared nor set.
  public var learningRate: Double {
    get { self["learning-rate"] }
    set { values["learning-rate"] = newValue }
  }
}
