import Autodiff
import NeuralNetworks
import RunFile
import Support

/// Facts of optimizers: their settings, how many steps they took, and how often gradients were clipped.
struct OptimizerFacts {
  private let optimizers: [Optimizer]
  /// The step counts when recording began.
  private var firstSteps: [Double]
  /// Counts of clipping of the part of the recording that a checkpoint ended, less those before recording began.
  private var clippingBefore: [[Double]]
  private var limitBefore = 0.0

  init(_ optimizers: [Optimizer]) {
    self.optimizers = optimizers
    firstSteps = optimizers.map { Double($0.stepCount) }
    clippingBefore = optimizers.map { Self.numbers($0.clipping).map { -$0 } }
  }

  /// Settings as JSON: the type, the number of parameters, and the numbers among the properties of the optimizer.
  var settings: Fact.Value {
    .json(
      "["
        + optimizers.map { optimizer in
          var fields: [(String, String)] = [
            ("type", "\"\(type(of: optimizer))\""), ("parameters", "\(optimizer.parameters.count)"),
            ("learning_rate", Self.json(Double(optimizer.learningRate))),
            ("weight_decay", Self.json(Double(optimizer.largestWeightDecay))),
          ]
          for (name, value) in Self.numbers(in: Mirror(reflecting: optimizer)) {
            fields.append((name, Self.json(value)))
          }
          return "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
        }.joined(separator: ",") + "]")
  }

  private static func numbers(in mirror: Mirror) -> [(String, Double)] {
    mirror.children.flatMap { child -> [(String, Double)] in
      guard let label = child.label else { return [] }
      switch child.value {
      case let value as Float: return [(label, Double(value))]
      case let value as Double: return [(label, value)]
      case let value as Bool: return [(label, value ? 1 : 0)]
      default:
        let inner = Mirror(reflecting: child.value)
        return inner.displayStyle == .struct ? numbers(in: inner) : []
      }
    }
  }

  private static func json(_ value: Double) -> String { value.isFinite ? "\(Float(value))" : "\"\(value)\"" }

  private static func numbers(_ clipping: ClippingCount) -> [Double] {
    [Double(clipping.calls), Double(clipping.clipped), clipping.ratioSum]
  }

  /// The steps since recording began, and what was clipped.
  var counts: [(FactName, Fact.Value)] {
    let steps = zip(optimizers, firstSteps).map { Double($0.stepCount) - $1 }
    var facts: [(FactName, Fact.Value)] = [
      (.optimizerSteps, .json("[\(steps.map { String(Int($0)) }.joined(separator: ","))]"))
    ]
    let clipping = clippingNow.reduce([0, 0, 0]) { zip($0, $1).map(+) }
    if clipping[0] > 0 {
      facts.append((.clippedShare, .number(clipping[1] / clipping[0])))
      if clipping[1] > 0 { facts.append((.clippingRatio, .number(clipping[2] / clipping[1]))) }
      if let limit = (optimizers.map(\.clipping.limit) + [limitBefore]).first(where: { $0 > 0 }) {
        facts.append((.clippingLimit, .number(limit)))
      }
    }
    return facts
  }

  private var clippingNow: [[Double]] {
    zip(optimizers, clippingBefore).map { zip(Self.numbers($0.clipping), $1).map(+) }
  }

  func save(to state: inout SavedState) {
    state.numbers["first_steps"] = firstSteps
    state.numbers["clipping_limit"] = [optimizers.map(\.clipping.limit).first { $0 > 0 } ?? limitBefore]
    state.numbers["clipping"] = clippingNow.flatMap { $0 }
  }

  mutating func restore(from state: SavedState) throws {
    firstSteps = try state.numbers("first_steps", optimizers.count) ?? firstSteps
    limitBefore = try state.numbers("clipping_limit", 1)?[0] ?? 0
    if let before = try state.numbers("clipping", 3 * optimizers.count) {
      clippingBefore = optimizers.indices.map { index in
        zip(before[3 * index..<3 * index + 3], Self.numbers(optimizers[index].clipping)).map(-)
      }
    }
  }
}
