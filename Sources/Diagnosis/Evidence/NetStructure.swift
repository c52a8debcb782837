import Foundation
import RunFile

/// An optimizer as a run records it.
public struct OptimizerSettings: Sendable, Equatable, Decodable {
  /// Its type, such as `Adam`.
  public let type: String
  /// Its learning rate at the first step; nil if it is not recorded.
  public let learningRate: Double?
  /// Its weight decay; 0 if it has none.
  public let weightDecay: Double
  /// Its momentum; 0 if it has none.
  public let momentum: Double

  private enum Key: String, CodingKey {
    case type, learningRate = "learning_rate", weightDecay = "weight_decay", momentum
  }

  /// Reads an element of the fact `optimizers`; what is missing or of another type is left out. Throws a
  /// `DecodingError` if the element is no object.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    func number(_ key: Key) -> Double? { (try? values.decodeIfPresent(Double.self, forKey: key)) ?? nil }
    type = (try? values.decode(String.self, forKey: .type)) ?? "optimizer"
    learningRate = number(.learningRate)
    weightDecay = number(.weightDecay) ?? 0
    momentum = number(.momentum) ?? 0
  }
}

// Properties of the net and the training that several rules need.

extension RunEvidence {
  /// The optimizers with their settings; empty if they are not recorded.
  public var optimizers: [OptimizerSettings] { facts.json(.optimizers, of: .model, as: [OptimizerSettings].self) ?? [] }

  /// The middle of the learning rates of the steps, with four digits; nil if they are not recorded.
  public var learningRate: Double? {
    let rates = run.steps.compactMap(\.learningRate).filter { $0 > 0 }
    let rate = rates.isEmpty ? optimizers.compactMap(\.learningRate).first { $0 > 0 } : median(rates)
    return rate.flatMap { Double(String(format: "%.4g", $0)) }
  }

  /// The number of samples per batch; nil if it is not known.
  public var batchSize: Int? {
    facts.json(.shapes, of: .loss, as: [[Int]].self)?.first?.first ?? run.meta[.batch].flatMap { Int($0) }
      ?? run.sites.first { $0.kind != .tensor }?.shape.first
  }

  /// The last site of a module: that of the output, unless the output is computed without a module.
  public var lastSite: Site? { run.sites.last { $0.kind != .tensor } }

  /// The last site that is a layer.
  public var outputLayer: Site? { run.sites.last(where: \.isLayer) }

  /// The source of a parameter's first values: `initialized`, `loaded` or `assigned`; nil if it is not recorded.
  public func valuesFrom(_ path: String) -> String? { facts.text(.valuesFrom, of: .parameter(path)) }

  /// Whether a parameter's first values were loaded, or assigned by hand.
  public func isGiven(_ path: String) -> Bool { valuesFrom(path).map { $0 != "initialized" } ?? false }

  /// Whether a parameter's first norm differs from its last, so that something changes it; nil if norms are not recorded.
  public func moves(_ parameter: RecordedParameter) -> Bool? {
    let norms = weights(.norm)
    guard let index = norms.parameters.firstIndex(where: { $0.id == parameter.id }) else { return nil }
    let row = norms.row(index).compactMap { $0 }
    return row.count < 2 ? nil : row.first != row.last
  }

  /// The parameters of two or more dimensions.
  public var matrices: [RecordedParameter] { run.parameters.filter { $0.shape.count > 1 } }

  /// The paths of modules in the JSON array of a fact of the model.
  func modules(_ name: FactName) -> [String] { facts.json(name, of: .model, as: [String].self) ?? [] }

  /// The values of a row over the recorded steps that have one.
  func series(_ matrix: LayerMatrix, _ site: Int) -> [(step: Int, value: Double)] {
    matrix.steps.indices.compactMap { column in matrix[site, column].map { (matrix.steps[column], $0) } }
  }

  /// The profile of the RMS of activations over depth at the first recorded step; nil where there is none.
  var activationProfile: GradientProfile? {
    let activations = layers(.activationRMS)
    return activations.steps.indices.lazy.compactMap { GradientProfile(activations, column: $0, along: .depth) }.first
  }

  /// The last value of the weights' variance times the number of inputs, σ_w², of each parameter at the first recorded step: 2 for He, 1 for
  /// LeCun, 1/3 for U(±1/√n). Parameters without a norm, or that are zero, have none.
  var weightVariances: [(parameter: RecordedParameter, value: Double)] {
    let norms = weights(.norm)
    return norms.parameters.indices.compactMap { index in
      let parameter = norms.parameters[index]
      guard let norm = norms.row(index).lazy.compactMap({ $0 }).first, norm > 0, norm.isFinite,
        let inputs = fanIn(parameter)
      else { return nil }
      let count = Double(parameter.shape.reduce(1, *))
      return (parameter, norm * norm * inputs / count)
    }
  }

  /// Weights are [units, inputs, …].
  private func fanIn(_ parameter: RecordedParameter) -> Double? {
    if let inputs = facts.number(.fanIn, of: .parameter(parameter.path)) { return inputs }
    guard let units = parameter.shape.first, units > 0 else { return nil }
    return Double(parameter.shape.reduce(1, *)) / Double(units)
  }

  /// The number of values of a batch that a site has per channel; the last dimension is that of channels, unless the site's own vectors
  /// have another length, as those of other programs may.
  func valuesPerChannel(_ site: Site) -> Int {
    let channels = run.parameters.first { $0.site == site.id && $0.shape.count == 1 }?.shape[0] ?? site.shape.last ?? 1
    return site.elementCount / max(channels, 1)
  }
}

extension Site {
  /// The interval in which outputs of an activation lie; nil if it is not bounded.
  var outputRange: ClosedRange<Double>? {
    switch kind.rawValue {
    case "ReLU", "Softplus": 0...(.infinity)
    case "Sigmoid", "Softmax", "HardSigmoid": 0...1
    case "Tanh", "HardTanh", "Softsign": -1...1
    default: nil
    }
  }
}

extension String {
  /// Whether the path is that of a module or lies in it; the empty path is that of the whole model.
  func lies(in module: String) -> Bool { module.isEmpty || self == module || hasPrefix(module + ".") }
}

extension RunEvidence {
  /// Whether all recorded predictions lie in a range, up to rounding; true where they are not recorded.
  func predictionsLie(in range: ClosedRange<Double>) -> Bool {
    let low = facts.all(.minimum, of: .loss).compactMap(\.number).min() ?? range.lowerBound
    let high = facts.all(.maximum, of: .loss).compactMap(\.number).max() ?? range.upperBound
    let slack = range.upperBound.isFinite ? 1e-4 * (range.upperBound - range.lowerBound) : 1e-4
    return low >= range.lowerBound - slack && high <= range.upperBound + slack
  }

  /// Whether an optimizer scales its steps by the size of gradients, so that a factor on all of them changes little.
  var isAdaptive: Bool {
    optimizers.contains { ["Adam", "AdamW", "RMSProp", "Adagrad", "Lion"].contains($0.type) }
  }
}

extension [String] {
  /// The components of the innermost module that holds all of these sites or parameters; empty where only the model does.
  var commonModule: [Substring] {
    let parts = map { $0.split(separator: ".") }
    guard let first = parts.first else { return [] }
    let common = parts.dropFirst().reduce(first.dropLast()) { common, part in
      common.prefix(zip(common, part).prefix { $0 == $1 }.count)
    }
    return [Substring](common)
  }
}
