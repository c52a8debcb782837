import Autodiff
import Foundation
import TestSupport

/// Activations and losses, written out as their formulas say.
let activationAndLossCases: [OperationCase] =
  activationCases + rowCases + crossEntropyCases + differenceCases
  + probabilityCases + targetLossCases

private let awayFromOne: @Sendable (Float) -> Float = { abs(abs(2 * $0) - 1) < 0.1 ? $0 / 2 : 2 * $0 }

private let awayFromThree: @Sendable (Float) -> Float = { abs(abs(5 * $0) - 3) < 0.3 ? 2 * $0 : 5 * $0 }

private let activationCases: [OperationCase] =
  unary("absolute", awayFromZero, { $0.absolute() }, { abs($0) })
  + unary("clamped", awayFromOne, { $0.clamped(to: -1...1) }, ActivationFormulas.hardTanh)
  + unary("hardTanh", awayFromOne, hardTanh, ActivationFormulas.hardTanh)
  + unary("leakyReLU", awayFromZero, { leakyReLU($0) }, { ActivationFormulas.leakyReLU($0, slope: 0.01) })
  + unary(
    "leakyReLU 0.3", awayFromZero, { leakyReLU($0, slope: 0.3) }, { ActivationFormulas.leakyReLU($0, slope: 0.3) })
  + unary("elu", { 3 * awayFromZero($0) }, { elu($0) }, { ActivationFormulas.elu($0) })
  + unary("elu 0.5", awayFromZero, { elu($0, alpha: 0.5) }, { ActivationFormulas.elu($0, alpha: 0.5) })
  + unary("selu", { 2 * awayFromZero($0) }, selu, ActivationFormulas.selu)
  + unary("softsign", { 3 * awayFromZero($0) }, softsign, ActivationFormulas.softsign)
  + unary("softplus", { 5 * $0 }, softplus, ActivationFormulas.softplus)
  + unary("silu", { 5 * $0 }, silu, ActivationFormulas.silu)
  + unary("mish", { 5 * $0 }, mish, ActivationFormulas.mish)
  + unary("hardSwish", awayFromThree, hardSwish, ActivationFormulas.hardSwish)
  + unary("hardSigmoid", awayFromThree, hardSigmoid, ActivationFormulas.hardSigmoid)
  + [[4], [1], [3, 1]].map { slope in
    OperationCase(
      description: "prelu \(slope)", shapes: [[2, 3, 4], slope], domain: awayFromZero,
      operation: { prelu($0[0], slope: $0[1]) },
      reference: { x in .broadcast(x[0], x[1]) { $0 > 0 ? $0 : $1 * $0 } })
  }
  + [[2], [3, 8], [2, 3, 34]].map { shape in
    OperationCase(
      description: "glu \(shape)", shapes: [shape], domain: { 3 * $0 }, operation: { glu($0[0]) },
      reference: { x in
        let width = shape.last! / 2
        return Float64Array(shape.dropLast() + [width]) { i in
          x[0][i] * ActivationFormulas.sigmoid(x[0][i.dropLast() + [i.last! + width]])
        }
      })
  }
  + unary("gelu", { 3 * $0 }, { gelu($0) }, ActivationFormulas.gelu)
  + unary(
    "gelu by tanh", { 3 * $0 }, { gelu($0, tanhApproximation: true) }, ActivationFormulas.geluByTanh)

private let shapes = [[1, 1], [1, 5], [5, 1], [3, 17], [2, 3, 4]]

// Of rows of width 1 all that is to be seen is rounding; they have a test of their own.
private let rowCases: [OperationCase] = [[1, 5], [1, 2], [3, 17], [2, 3, 4]].flatMap { shape in
  [
    OperationCase(
      description: "softmax \(shape)", shapes: [shape], domain: { 3 * $0 }, operation: { softmax($0[0]) },
      reference: { $0[0].logShares.map { Foundation.exp($0) } }),
    OperationCase(
      description: "logSoftmax \(shape)", shapes: [shape], domain: { 3 * $0 }, operation: { logSoftmax($0[0]) },
      reference: { $0[0].logShares }),
  ]
}

func reduced(_ losses: Float64Array, _ reduction: Reduction, weight: Double? = nil) -> Float64Array {
  let sum = losses.values.reduce(0, +)
  return switch reduction {
  case .mean: Float64Array([], [sum / (weight ?? Double(losses.values.count))])
  case .sum: Float64Array([], [sum])
  case .none: losses
  }
}

private let crossEntropyCases: [OperationCase] = [(1, 2), (1, 10), (17, 3), (5, 33)].flatMap { rows, classes in
  [Reduction.mean, .sum, .none].flatMap { reduction in
    [(false, 0), (true, 0), (false, 0.1), (true, 0.25)].map { weighted, smoothing in
      let labels = (0..<rows).map { ($0 * 7 + 1) % classes }
      let weights = weighted ? (0..<classes).map { 0.25 + Float($0 % 4) } : nil
      return OperationCase(
        description: "crossEntropy \(rows)×\(classes) \(reduction) weighted \(weighted) smoothed by \(smoothing)",
        shapes: [[rows, classes]], domain: { 3 * $0 },
        operation: {
          crossEntropy(
            $0[0], labels, classWeights: weights, labelSmoothing: Float(smoothing), reduction: reduction)
        },
        reference: { x in
          let logShares = x[0].logShares, smoothing = Double(Float(smoothing))
          let losses = Float64Array([rows]) { r in
            (0..<classes).reduce(0) { sum, c in
              let share = (c == labels[r[0]] ? 1 - smoothing : 0) + smoothing / Double(classes)
              return sum - share * Double(weights?[c] ?? 1) * logShares[[r[0], c]]
            }
          }
          return reduced(losses, reduction, weight: labels.reduce(0) { $0 + Double(weights?[$1] ?? 1) })
        })
    }
  }
}

private func difference(
  _ name: String, domain: @escaping @Sendable (Float) -> Float = { $0 },
  _ operation: @escaping @Sendable (Tensor, Tensor, Reduction) -> Tensor,
  _ reference: @escaping @Sendable (Double, Double) -> Double
) -> [OperationCase] {
  shapes.flatMap { shape in
    [Reduction.mean, .sum, .none].map { reduction in
      OperationCase(
        description: "\(name) \(shape) \(reduction)", shapes: [shape, shape], domain: domain,
        operation: { operation($0[0], $0[1], reduction) },
        reference: { reduced(Float64Array.broadcast($0[0], $0[1], reference), reduction) })
    }
  }
}

private let differenceCases: [OperationCase] =
  difference("meanSquaredError", { meanSquaredError($0, $1, reduction: $2) }, { ($0 - $1) * ($0 - $1) })
  + difference("meanAbsoluteError", { meanAbsoluteError($0, $1, reduction: $2) }, { abs($0 - $1) })
  + difference(
    "huberLoss", { huberLoss($0, $1, threshold: 0.5, reduction: $2) },
    { abs($0 - $1) < 0.5 ? ($0 - $1) * ($0 - $1) / 2 : 0.5 * (abs($0 - $1) - 0.25) })
  // Targets are from 0 to 1, so all inputs are, also times 1.5.
  + difference(
    "binaryCrossEntropy", domain: { 0.6 * abs($0) }, { binaryCrossEntropy(logits: 5 * $0 - 2, $1, reduction: $2) },
    { share, target in
      let logit = 5 * share - 2
      return target * Foundation.log(1 + Foundation.exp(-logit))
        + (1 - target) * Foundation.log(1 + Foundation.exp(logit))
    })
  + difference(
    "binaryCrossEntropy of probabilities", domain: { 0.1 + 0.5 * abs($0) },
    { binaryCrossEntropy(probabilities: $0, $1, reduction: $2) },
    { -$1 * Foundation.log($0) - (1 - $1) * Foundation.log(1 - $0) })
  + shapes.map { shape in
    OperationCase(
      description: "binaryCrossEntropy \(shape) with a weight", shapes: [shape, shape, [shape.last!]],
      domain: { 0.6 * abs($0) },
      operation: { binaryCrossEntropy(logits: 5 * $0[0] - 2, $0[1], positiveWeight: $0[2]) },
      reference: { x in
        let losses = Float64Array(shape) { i in
          let logit = 5 * x[0][i] - 2, target = x[1][i]
          return x[2][[i.last!]] * target * Foundation.log(1 + Foundation.exp(-logit))
            + (1 - target) * Foundation.log(1 + Foundation.exp(logit))
        }
        return reduced(losses, .mean)
      })
  }

/// Losses of probabilities or their logarithms. Softmax is part of the operation where rows must have the sum 1.
private let probabilityCases: [OperationCase] = [(1, 2), (17, 3), (5, 33)].flatMap { rows, classes in
  [Reduction.mean, .sum, .none].flatMap { reduction in
    [false, true].flatMap { weighted in
      let labels = (0..<rows).map { ($0 * 7 + 1) % classes }
      let weights = weighted ? (0..<classes).map { 0.25 + Float($0 % 4) } : nil
      let name = "\(rows)×\(classes) \(reduction) weighted \(weighted)"
      @Sendable func loss(_ logarithms: Float64Array) -> Float64Array {
        let losses = Float64Array([rows]) { r in
          -Double(weights?[labels[r[0]]] ?? 1) * logarithms[[r[0], labels[r[0]]]]
        }
        return reduced(losses, reduction, weight: labels.reduce(0) { $0 + Double(weights?[$1] ?? 1) })
      }
      return [
        OperationCase(
          description: "negativeLogLikelihood \(name)", shapes: [[rows, classes]], domain: { -3 * abs($0) },
          operation: { negativeLogLikelihood($0[0], labels, classWeights: weights, reduction: reduction) },
          reference: { loss($0[0]) }),
        OperationCase(
          description: "crossEntropy of probabilities \(name)", shapes: [[rows, classes]], domain: { 3 * $0 },
          operation: {
            crossEntropy(probabilities: softmax($0[0]), labels, classWeights: weights, reduction: reduction)
          },
          reference: { loss($0[0].logShares) }),
      ]
    }
  }
}
