import Rheoscope

/// The numbers that an experiment is run with, by the names of its settings.
public struct Settings: Sendable, Equatable {
  /// The names in the order in which the experiment declares them.
  public let names: [String]
  private var values: [String: Double]

  /// What is declared, as it is in a profile.
  public init(_ settings: [Setting], in profile: Profile = .standard) {
    names = settings.map(\.name)
    values = Dictionary(uniqueKeysWithValues: settings.map { ($0.name, $0.value(in: profile)) })
  }

  /// The number of this name. Stops where the experiment declares none.
  public subscript(name: String) -> Double {
    get {
      guard let value = values[name] else { undeclared(name) }
      return value
    }
    set {
      guard values.updateValue(newValue, forKey: name) != nil else { undeclared(name) }
    }
  }

  /// The number of this name, which is declared as a whole number.
  public func whole(_ name: String) -> Int { Int(self[name]) }

  /// All numbers by name.
  package var byName: [String: Double] { values }

  private func undeclared(_ name: String) -> Never {
    stop("Settings", "no setting “\(name)” is declared; declared are \(names.joined(separator: ", "))")
  }
}

/// The settings that most experiments have.
extension Settings {
  /// How many layers have weights.
  public var depth: Int {
    get { whole("depth") }
    set { self["depth"] = Double(newValue) }
  }

  /// How many units a hidden layer has.
  public var width: Int {
    get { whole("width") }
    set { self["width"] = Double(newValue) }
  }

  /// How many images a step learns from.
  public var batch: Int {
    get { whole("batch") }
    set { self["batch"] = Double(newValue) }
  }

  /// How many steps of training are made.
  public var steps: Int {
    get { whole("steps") }
    set { self["steps"] = Double(newValue) }
  }

  /// How many times each variant is tried; 1 where the experiment doesn't declare it.
  public var seeds: Int {
    get { names.contains("seeds") ? whole("seeds") : 1 }
    set { self["seeds"] = Double(newValue) }
  }

  /// By how much of the gradient a step changes the weights.
  public var learningRate: Double {
    get { self["learning-rate"] }
    set { self["learning-rate"] = newValue }
  }
}
