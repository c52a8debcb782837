import Foundation
import RunFile

/// What a net is to learn, as far as the run tells.
public struct Task: Sendable, Equatable {
  /// The kind of targets.
  public enum Kind: Sendable {
    /// A class per sample.
    case classes
    /// Numbers from 0 to 1 that the loss takes as probabilities.
    case probabilities
    /// Any numbers, as in a regression.
    case numbers
    /// The run does not tell.
    case unknown
  }

  /// The kind of targets.
  public let kind: Kind
  /// The number of classes; nil if it is not known.
  public let classCount: Int?
  /// The number of targets of each class in the recorded steps; nil if it is not known.
  public let classCounts: [Double]?
  /// The loss of the best output that does not depend on the input: the entropy of the classes, weighted by the
  /// class weights of the loss if it has any, for `crossEntropy`, the variance of the targets for `meanSquaredError`; nil for other losses,
  /// or if the targets are not known.
  public let constantLoss: Double?

  init(_ facts: RecordedFacts, _ run: Run) {
    kind =
      switch facts.text(.kind, of: .target) {
      case "classes": .classes
      case "probabilities": .probabilities
      case "numbers": .numbers
      default: run.meta[.classes] != nil ? .classes : .unknown
      }
    classCounts = facts.json(.classCounts, of: .target, as: [Double].self)
    classCount =
      facts.number(.classCount, of: .target).flatMap { Int(exactly: $0) } ?? classCounts?.count
      ?? run.meta[.classes].flatMap { Int($0) }
    let function = facts.text(.function, of: .loss), total = classCounts?.reduce(0, +) ?? 0
    let weights = facts.json(.classWeights, of: .loss, as: [Double].self)
    if facts.number(.isWeighted, of: .loss) == 1 && weights == nil || function != nil && !Self.isMean(facts, run) {
      // The step's loss is a sum, or this loss times a factor.
      constantLoss = nil
    } else if let weights {
      // Their mean divides by the sum of weights, so that the best constant output is that of classes with these shares.
      constantLoss = classCounts.flatMap { counts in
        counts.count == weights.count ? Self.entropy(zip(counts, weights).map { $0 * $1 }) : nil
      }
    } else if function == "crossEntropy", let classCounts, total > 0 {
      constantLoss = Self.entropy(classCounts)
    } else if function == "meanSquaredError" {
      // Targets that are all equal have no loss of a constant to compare with.
      constantLoss = facts.number(.variance, of: .target).flatMap { $0 > 0 ? $0 : nil }
    } else if function == "binaryCrossEntropy", let mean = facts.number(.mean, of: .target), mean > 0, mean < 1 {
      constantLoss = -mean * Foundation.log(mean) - (1 - mean) * Foundation.log(1 - mean)
    } else if function == "crossEntropy", let classCount, classCount > 1 {
      // Of so many classes they are not counted; of frequent and rare ones the entropy is lower.
      constantLoss = Foundation.log(Double(classCount))
    } else if facts.isEmpty, kind == .classes, let classCount, classCount > 1 {
      // A run of an older version.
      constantLoss = Foundation.log(Double(classCount))
    } else {
      constantLoss = nil
    }
  }

  /// −Σ p ln p, where p are the shares of these numbers in their sum; nil if all are 0.
  private static func entropy(_ counts: [Double]) -> Double? {
    let total = counts.reduce(0, +)
    guard total > 0 else { return nil }
    return counts.reduce(0) { $1 > 0 ? $0 - $1 / total * Foundation.log($1 / total) : $0 }
  }

  /// Whether the first step's loss can be the mean of what the loss function computed.
  ///
  /// (p − t)² with means m and standard deviations s is on average at least (mₚ − mₜ)² + (sₚ − sₜ)² and at most (mₚ − mₜ)² + (sₚ + sₜ)². The
  /// cross-entropy of K logits with a spread of d is at least ln(1 + (K − 1) e⁻ᵈ) and at most ln K + d.
  private static func isMean(_ facts: RecordedFacts, _ run: Run) -> Bool {
    guard let loss = run.steps.first?.loss, loss.isFinite else { return true }
    func first(_ name: FactName, _ subject: Fact.Subject) -> Double? { facts.firstNumber(name, of: subject) }
    let bounds: (low: Double, high: Double)
    switch facts.text(.function, of: .loss) {
    case "meanSquaredError":
      guard let mean = first(.mean, .loss), let std = first(.std, .loss), let target = first(.mean, .target),
        let spread = first(.std, .target)
      else { return true }
      let distance = (mean - target) * (mean - target)
      bounds = (distance + (std - spread) * (std - spread), distance + (std + spread) * (std + spread))
    case "crossEntropy":
      guard let classes = first(.classCount, .target), classes > 1, let low = first(.minimum, .loss),
        let high = first(.maximum, .loss)
      else { return true }
      bounds = (Foundation.log(1 + (classes - 1) * exp(low - high)), Foundation.log(classes) + high - low)
    default: return true
    }
    // A tenth for what differs between the recorded and the trained batch.
    return loss > 0.9 * bounds.low - 1e-12 && loss < 1.1 * bounds.high + 1e-12
  }
}
