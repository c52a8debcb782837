import Autodiff
import Foundation
import NeuralNetworks

/// Reshapes a sample.
private final class Shaped: Module {
  private let shape: Shape
  init(_ shape: Shape) { self.shape = shape }
  override func forward(_ x: Tensor) -> Tensor { x.reshaped(Shape([x.shape[0]] + shape)) }
}

/// Small nets with six inputs and three outputs, as modules and as slow formulas in Float64.
enum SlowNet: String, CaseIterable, Sendable {
  case connected, convolutional, attentive

  func make() -> Sequential {
    switch self {
    case .connected: Sequential(Linear(6, 5), Tanh(), Linear(5, 8), ReLU(), Linear(8, 3))
    case .convolutional:
      Sequential(
        Shaped([3, 2, 1]), Conv2d(1, 4, kernelSize: 3, padding: 1), ReLU(), GlobalAveragePool2d(), Linear(4, 3))
    case .attentive: Sequential(Shaped([3, 2]), MultiHeadAttention(2, heads: 2), Tanh(), Flatten(), Linear(6, 3))
    }
  }

  /// The path of the module of the first weight.
  var first: String { ["0", "1", "1.query"][SlowNet.allCases.firstIndex(of: self)!] }

  /// The outputs for a sample, with parameters in the order of the model.
  func output(_ x: [Double], _ p: [[Double]]) -> [Double] {
    switch self {
    case .connected:
      let hidden = linear(x, p[0], p[1]).map { tanh($0) }
      return linear(linear(hidden, p[2], p[3]).map { max($0, 0) }, p[4], p[5])
    case .convolutional:
      // Three rows of two positions, with zero padding.
      let means = (0..<4).map { channel in
        sum(6) { place in
          let products = sum(9) { tap in
            let (row, column) = (place / 2 + tap / 3 - 1, place % 2 + tap % 3 - 1)
            let isInside = (0..<3).contains(row) && (0..<2).contains(column)
            return isInside ? x[2 * row + column] * p[0][9 * channel + tap] : 0
          }
          return max(products + p[1][channel], 0) / 6
        }
      }
      return linear(means, p[2], p[3])
    case .attentive:
      // Three positions of width 2, and two heads of width 1.
      func places(_ weight: [Double], _ bias: [Double]) -> [[Double]] {
        (0..<3).map { linear(Array(x[2 * $0..<2 * $0 + 2]), weight, bias) }
      }
      let queries = places(p[0], p[1]), keys = places(p[2], p[3]), values = places(p[4], p[5])
      let mixed = (0..<3).map { place in
        (0..<2).map { head in
          let weights = keys.map { exp(queries[place][head] * $0[head]) }
          return sum(3) { weights[$0] * values[$0][head] } / weights.reduce(0, +)
        }
      }
      return linear(mixed.flatMap { linear($0, p[6], p[7]).map { tanh($0) } }, p[8], p[9])
    }
  }

  /// The cross-entropy of a sample.
  func loss(_ x: [Double], _ label: Int, _ p: [[Double]]) -> Double {
    let y = output(x, p)
    return log(y.reduce(0) { $0 + exp($1) }) - y[label]
  }
}

/// W x + b.
private func linear(_ x: [Double], _ weight: [Double], _ bias: [Double]) -> [Double] {
  bias.indices.map { output in sum(x.count) { weight[output * x.count + $0] * x[$0] } + bias[output] }
}
