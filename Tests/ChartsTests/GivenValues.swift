import Charts
import Foundation
import Plotting
import TestSupport

/// Charts of values that no run file holds, for each kind of data.
extension SyntheticRun {
  func givenFigures() throws -> [(name: String, figure: Figure)] {
    [
      ("jacobian-spectrum", try Chart.jacobianSpectrum(spectra)),
      ("loss-slice", try Chart.lossSurface(slices)),
      ("loss-surface", try Chart.lossSurface(surfaces)),
      ("saliency", try Chart.saliency(pictures)),
      ("computation-graph", try Chart.computationGraph(graph)),
    ]
  }

  private var spectra: [JacobianSpectrum] {
    func spectrum(_ name: String, _ count: Int, _ base: Double) -> JacobianSpectrum {
      JacobianSpectrum(
        name: name, singularValues: (0..<count).map { 2 * pow(base, Double($0) * 50 / Double(count)) })
    }
    switch self {
    case .healthy:
      return [spectrum("1 layer", 50, 0.98), spectrum("10 layers", 50, 0.9), spectrum("50 layers", 50, 0.6)]
    case .vanishing: return [spectrum("sigmoid", 60, 1e-6), spectrum("too small", 60, 1e-12)]
    case .nonfinite:
      return [
        spectrum("tanh", 20, 0.9), JacobianSpectrum(name: "too large", singularValues: [.infinity, .nan, 1e30, 3, 0]),
      ]
    case .single: return [JacobianSpectrum(name: "one", singularValues: [1.5])]
    case .deep: return [spectrum("wide", 1000, 0.9)]
    }
  }

  /// A bowl, with the extreme values of the kind of run.
  private func loss(_ x: Double, _ y: Double, sharpness: Double) -> Double {
    let bowl = 0.3 + sharpness * (x * x + 0.4 * y * y) + 0.2 * sharpness * (1 - cos(6 * x)) * (1 - cos(4 * y))
    switch self {
    case .vanishing: return pow(10, -300 * max(0, 1 - bowl / 3))
    case .nonfinite: return bowl > 4 ? .nan : bowl > 3.5 ? .infinity : bowl
    default: return bowl
    }
  }

  private func points(_ count: Int) -> [Double] {
    count == 1 ? [0] : (0..<count).map { 2 * Double($0) / Double(count - 1) - 1 }
  }

  private var slices: [LossSurface] {
    let x = points(self == .single ? 1 : self == .deep ? 1000 : 51)
    let names = self == .single ? ["one"] : ["plain", "residual"]
    return names.enumerated().map { index, name in
      LossSurface(name: name, x: x, losses: x.map { loss($0, 0, sharpness: index == 0 ? 5 : 1) })
    }
  }

  private var surfaces: [LossSurface] {
    let x = points(self == .single ? 1 : self == .deep ? 200 : 25),
      y = points(self == .single ? 1 : self == .deep ? 150 : 21)
    let names = self == .single ? ["one"] : ["plain", "residual"]
    return names.enumerated().map { index, name in
      LossSurface(
        name: name, x: x, y: y,
        losses: y.flatMap { y in x.map { loss($0, y, sharpness: index == 0 ? 5 : 1) } })
    }
  }

  private var pictures: [SaliencyImage] {
    let side = self == .single ? 1 : 28, count = self == .single ? 1 : self == .deep ? 14 : 5
    let names = ["ankle boot", "coat, taken for a pullover", "bag", "سروال", "运动鞋"]
    return (0..<count).map { index in
      let noise = sampleValues(side * side, seed: UInt64(index + 1))
      let points = (0..<side * side).map { (x: Double($0 % side) / 28 - 0.5, y: Double($0 / side) / 28 - 0.5) }
      let pixels = points.map { exp(-12 * ($0.x * $0.x + $0.y * $0.y)) }
      let saliency = zip(points, noise).map { point, noise -> Double in
        let size = abs(Double(noise)) * exp(-30 * pow(point.x - 0.1, 2) - 20 * pow(point.y - 0.05 * Double(index), 2))
        switch self {
        case .vanishing: return index == 0 ? 0 : size * 1e-300
        case .nonfinite: return point.x > 0.3 && index % 2 == 1 ? .nan : size
        default: return size
        }
      }
      return SaliencyImage(title: names[index % names.count], width: side, pixels: pixels, saliency: saliency)
    }
  }

  private var graph: ComputationGraph {
    if self == .single { return ComputationGraph(nodes: [.init("loss")], edges: []) }
    if self == .deep {
      return ComputationGraph(
        nodes: (0..<1000).map { .init("layer \($0)") },
        edges: (0..<999).map { .init(from: $0, to: $0 + 1, value: 1.5, gradient: pow(0.99, Double(999 - $0))) })
    }
    let size = self == .vanishing ? 1e-120 : 1
    let broken = self == .nonfinite ? Double.nan : 0.31
    let names = [
      "x", "W₁", "matmul", "b₁", "add", "ReLU", "W₂", "matmul", "add", "labels", "softmax and cross-entropy", "loss",
    ]
    return ComputationGraph(
      nodes: names.map(ComputationGraph.Node.init),
      edges: [
        .init(from: 0, to: 2, value: 0.53), .init(from: 1, to: 2, value: 0.071, gradient: 0.012 * size * size),
        .init(from: 2, to: 4, value: 1.12, gradient: 0.0023 * size),
        .init(from: 3, to: 4, value: 0, gradient: 0.031 * size),
        .init(from: 4, to: 5, value: 1.13, gradient: 0.0023 * size),
        .init(from: 5, to: 7, value: 0.78, gradient: 0.004 * size),
        .init(from: 6, to: 7, value: 0.068, gradient: 0.02), .init(from: 7, to: 8, value: 0.9, gradient: broken),
        .init(from: 4, to: 8, value: 1.13, gradient: broken), .init(from: 8, to: 10, value: 1.6, gradient: broken),
        .init(from: 9, to: 10), .init(from: 10, to: 11, value: 2.31, gradient: 1),
      ])
  }
}
