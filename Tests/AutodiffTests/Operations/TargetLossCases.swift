import Autodiff
import Foundation
import TestSupport

/// Losses of rows: with probabilities of classes as targets, with rows that are ignored, and of pairs of vectors. Targets are the softmax
/// of the second input, so that their gradients are checked too.
let targetLossCases: [OperationCase] = [(1, 2), (17, 3), (5, 33)].flatMap { rows, classes in
  [Reduction.mean, .sum, .none].flatMap { reduction in
    let name = "\(rows)×\(classes) \(reduction)", shapes = [[rows, classes], [rows, classes]]
    let weights = (0..<classes).map { 0.25 + Float($0 % 4) }
    let labels = (0..<rows).map { $0 % 3 == 1 ? -100 : ($0 * 7 + 1) % classes }
    let areAlike = (0..<rows).map { $0 % 2 == 0 }
    @Sendable func overRows(_ loss: @escaping (Int) -> Double) -> Float64Array { Float64Array([rows]) { loss($0[0]) } }
    @Sendable func overClasses(_ term: (Int) -> Double) -> Double { (0..<classes).reduce(0) { $0 + term($1) } }
    let smoothed = Double(Float(0.1))
    return [
      OperationCase(
        description: "crossEntropy of mixtures \(name)", shapes: shapes, domain: { 2 * $0 },
        operation: {
          crossEntropy($0[0], softmax($0[1]), classWeights: weights, labelSmoothing: 0.1, reduction: reduction)
        },
        reference: { x in
          let q = x[0].logShares, t = x[1].logShares
          let losses = overRows { row in
            overClasses { c in
              let target = (1 - smoothed) * Foundation.exp(t[[row, c]]) + smoothed / Double(classes)
              return -Double(weights[c]) * target * q[[row, c]]
            }
          }
          return reduced(losses, reduction)
        }),
      OperationCase(
        description: "klDivergence \(name)", shapes: shapes, domain: { 2 * $0 },
        operation: { klDivergence(logSoftmax($0[0]), softmax($0[1]), reduction: reduction) },
        reference: { x in
          let q = x[0].logShares, t = x[1].logShares
          return reduced(
            overRows { row in overClasses { c in Foundation.exp(t[[row, c]]) * (t[[row, c]] - q[[row, c]]) } },
            reduction)
        }),
      OperationCase(
        description: "cosineEmbeddingLoss \(name)", shapes: shapes,
        operation: { cosineEmbeddingLoss($0[0], $0[1], areAlike: areAlike, margin: -1, reduction: reduction) },
        reference: { x in
          func product(_ a: Float64Array, _ b: Float64Array, _ row: Int) -> Double {
            overClasses { a[[row, $0]] * b[[row, $0]] }
          }
          let losses = overRows { row in
            let lengths = (product(x[0], x[0], row) * product(x[1], x[1], row)).squareRoot()
            let cosine = product(x[0], x[1], row) / lengths
            return areAlike[row] ? 1 - cosine : cosine + 1
          }
          return reduced(losses, reduction)
        }),
    ]
      + [false, true].map { isLogarithm in
        OperationCase(
          description: "\(isLogarithm ? "negativeLogLikelihood" : "crossEntropy") with ignored rows \(name)",
          shapes: [[rows, classes]], domain: { isLogarithm ? -3 * abs($0) : 3 * $0 },
          operation: {
            isLogarithm
              ? negativeLogLikelihood($0[0], labels, classWeights: weights, ignoreIndex: -100, reduction: reduction)
              : crossEntropy($0[0], labels, classWeights: weights, ignoreIndex: -100, reduction: reduction)
          },
          reference: { x in
            let logarithms = isLogarithm ? x[0] : x[0].logShares
            let counted = labels.map { $0 == -100 ? 0 : Double(weights[$0]) }
            let losses = overRows { labels[$0] == -100 ? 0 : -counted[$0] * logarithms[[$0, labels[$0]]] }
            return reduced(losses, reduction, weight: counted.reduce(0, +))
          })
      }
  }
}
