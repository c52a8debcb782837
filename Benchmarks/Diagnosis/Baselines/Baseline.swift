import Foundation
import Rheoscope

/// The published rules of a tool, restated on run files, with its constants.
struct Baseline: Sendable {
  /// A rule of the tool.
  struct Rule: Sendable {
    /// Its name, as the tool calls it.
    let name: String
    /// The names of this project's rules that state the same cause.
    let names: [String]
    /// Whether it fires.
    let fires: @Sendable (RecordedNumbers) -> Bool

    init(_ name: String, _ names: [String], _ fires: @escaping @Sendable (RecordedNumbers) -> Bool) {
      (self.name, self.names, self.fires) = (name, names, fires)
    }
  }

  let name: String
  let rules: [Rule]

  /// All tools, and the first and the last without the rule that fires most on healthy runs.
  static let all: [Baseline] = [
    sageMakerDebugger, sageMakerDebugger.without("LossNotDecreasing"), autoTrainer, deepDiagnosis, umlaut,
    umlaut.without("input not normalized"),
  ]

  /// The same tool without a rule.
  func without(_ rule: String) -> Baseline {
    Baseline(name: "\(name) without “\(rule)”", rules: rules.filter { $0.name != rule })
  }

  /// What it says about a run. Names are those of this project's rules, in which the tool's own rule stands first.
  func verdict(_ run: RecordedNumbers) -> Trial.Verdict {
    Trial.Verdict(
      statements: rules.filter { $0.fires(run) }.flatMap { rule in
        rule.names.map { Trial.Verdict.Statement(rule: $0, sites: [], text: rule.name) }
      })
  }
}

/// The numbers of a run that the tools' rules read. What a run lacks is estimated as each property says.
struct RecordedNumbers: Sendable {
  let losses: [Double]
  let rates: [Double]
  let sites: [Site]
  /// By parameter of two or more dimensions and step.
  let norms, gradientNorms, updateNorms: [[Double?]]
  let elementCounts: [Double]
  /// By site and step.
  let means, deviations, rms, minima, maxima, zeros, nonfinite: [[Double?]]
  /// The share of units of each ReLU that are dead over ten steps, at any time.
  let deadShares: [Double]
  let validationLosses: [Double]
  let facts: RecordedFacts
  /// The loss of a constant output.
  let constantLoss: Double?
  /// The accuracy over the steps, or for regressions 1 − loss / variance.
  let accuracies: [Double]

  init(_ run: Run) throws {
    losses = run.steps.map(\.loss)
    rates = run.steps.compactMap(\.learningRate)
    sites = run.sites
    let weights = try run.weights([.norm, .gradientNorm, .updateNorm])
    func rows(_ matrix: WeightMatrix) -> [[Double?]] { matrix.parameters.indices.map { matrix.row($0) } }
    (norms, gradientNorms, updateNorms) = (rows(weights[0]), rows(weights[1]), rows(weights[2]))
    elementCounts = weights[0].parameters.map { Double($0.shape.reduce(1, *)) }
    let layers = try run.layers([
      .activationMean, .activationStd, .activationRMS, .activationMin, .activationMax, .zeroFraction, .nonfiniteCount,
    ])
    func rows(_ matrix: LayerMatrix) -> [[Double?]] { matrix.sites.indices.map { matrix.row($0) } }
    (means, deviations, rms, minima) = (rows(layers[0]), rows(layers[1]), rows(layers[2]), rows(layers[3]))
    (maxima, zeros, nonfinite) = (rows(layers[4]), rows(layers[5]), rows(layers[6]))
    let dead = try run.measures(.deadFraction)
    deadShares = Set(dead.compactMap(\.site)).map { site in dead.filter { $0.site == site }.map(\.value).max() ?? 0 }
    validationLosses = try run.scalars("validation_loss").map(\.value)
    let evidence = try RunEvidence(run)
    facts = evidence.facts
    constantLoss = evidence.task.constantLoss
    let recorded = run.steps.compactMap(\.accuracy), constant = constantLoss
    accuracies = recorded.isEmpty ? losses.map { loss in constant.map { 1 - loss / $0 } ?? 0 } : recorded
  }

  /// The mean over this many parts of the run, in place of epochs.
  static func epochs(_ values: [Double], _ count: Int = 10) -> [Double] {
    let size = max(values.count / count, 1)
    return stride(from: 0, to: values.count, by: size).map { start in
      let part = values[start..<min(start + size, values.count)]
      return part.reduce(0, +) / Double(part.count)
    }
  }

  /// mean |g| of a parameter at a step, from its norm as if elements were normal: √(2/π) ‖g‖ / √n.
  func meanGradient(_ parameter: Int, _ step: Int) -> Double? {
    gradientNorms[parameter][step].map { (2 / Double.pi).squareRoot() * $0 / elementCounts[parameter].squareRoot() }
  }

  /// The share of a site's outputs outside of limits, from mean and standard deviation as if they were normal.
  func share(outside limits: ClosedRange<Double>, site: Int, _ step: Int) -> Double? {
    guard let mean = means[site][step], let deviation = deviations[site][step], mean.isFinite, deviation.isFinite else {
      return nil
    }
    guard deviation > 0 else { return limits.contains(mean) ? 0 : 1 }
    func below(_ x: Double) -> Double { 0.5 * erfc(-(x - mean) / deviation / 2.0.squareRoot()) }
    return below(limits.lowerBound) + 1 - below(limits.upperBound)
  }

  /// Whether the input of an activation of this kind is mostly outside of limits at any step.
  func isSaturated(_ kind: String, beyond limits: ClosedRange<Double>, share limit: Double) -> Bool {
    sites.indices.contains { site in
      guard sites[site].kind.rawValue == kind, site > 0 else { return false }
      return means[site - 1].indices.contains { share(outside: limits, site: site - 1, $0) ?? 0 > limit }
    }
  }

  /// Whether a value of a site or the loss is NaN or infinite.
  var isNonfinite: Bool { losses.contains { !$0.isFinite } || nonfinite.contains { $0.contains { $0 ?? 0 > 0 } } }
}
