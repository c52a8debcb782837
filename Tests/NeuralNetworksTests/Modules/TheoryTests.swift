import Autodiff
import Foundation
import NeuralNetworks
import TestSupport
import Testing

/// Nets at initialization against theory, exact or within a stated tolerance.
@Suite struct TheoryTests {
  private func deepNet(
    _ depth: Int, _ width: Int, _ activation: () -> Module, _ initializer: Initializer?, bias: Bool = true
  )
    -> Sequential
  {
    Sequential((0..<depth).flatMap { _ in [Linear(width, width, bias: bias, initializer: initializer), activation()] })
  }

  /// The factor per layer of the RMS of dL/d(output) of linear layers in the backward pass, fitted over layers 5 to 25 of 30; the
  /// geometric mean over three seeds.
  private func gradientFactor(_ activation: () -> Module, _ initializer: Initializer?) throws -> Double {
    let depth = 30, width = 256, batch = 64
    var slopes: [Double] = []
    for seed in 0..<3 as Range<UInt64> {
      let net = deepNet(depth, width, activation, initializer)
      net.initialize(seed: seed)
      var rms: [Int: Double] = [:]
      try net.onBackward("*") { site, gradient in
        if site.kind == "Linear" { rms[Int(site.path)! / 2] = Double(gradient.rms) }
        return nil
      }
      var stream = RandomStream(seed: seed, name: "inputs")
      let inputs = Tensor(shape: [batch, width]) { values in
        for i in values.indices { values[i] = Float(stream.normalPair().0) }
      }
      let targets = Tensor(shape: [batch, width]) { values in
        for i in values.indices { values[i] = Float(stream.normalPair().0) }
      }
      (net(inputs) * targets).sum().backward()
      let layers = Array(5...25)
      let x = layers.map(Double.init), y = layers.map { Foundation.log(rms[$0]!) }
      let mx = x.reduce(0, +) / Double(x.count), my = y.reduce(0, +) / Double(y.count)
      let slope =
        zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) } / x.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
      slopes.append(-slope)
    }
    return Foundation.exp(slopes.reduce(0, +) / Double(slopes.count))
  }

  @Test func gradientFactorsAreThoseOfMeanFieldTheory() throws {
    #expect(abs(try gradientFactor({ Sigmoid() }, .xavierNormal) / 0.23605 - 1) < 0.03)
    #expect(abs(try gradientFactor({ ReLU() }, .heNormal) / 1 - 1) < 0.03)
    #expect(abs(try gradientFactor({ ReLU() }, .xavierNormal) / 0.70711 - 1) < 0.03)
    #expect(abs(try gradientFactor({ ReLU() }, nil) / 0.40825 - 1) < 0.03)
  }

  /// A bias-free ReLU net is homogeneous in every layer's weight, so by Euler's theorem ⟨W, dL/dW⟩ = ⟨y, dL/dy⟩ for each layer,
  /// which fails if a gradient reaches the wrong layer.
  @Test func eulersTheoremHoldsForEveryLayer() {
    let net = deepNet(20, 64, { ReLU() }, .heNormal, bias: false)
    net.initialize(seed: 11)
    crossEntropy(net(Tensor(sampleValues(32 * 64), shape: [32, 64])), (0..<32).map { $0 % 64 }).backward()
    let shares = net.parameters.map { _, weight in
      zip(weight.value.values, weight.gradient!.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    #expect(shares.count == 20)
    for share in shares { #expect(abs(share / shares[0] - 1) < 1e-4) }
  }

  private static let variances: [(Initializer, Double)] = [
    (.heNormal, 2.0 / 300), (.heUniform, 2.0 / 300), (.xavierNormal, 2.0 / 500), (.xavierUniform, 2.0 / 500),
    (.leCunNormal, 1.0 / 300), (.leCunUniform, 1.0 / 300), (.normal(weightVariance: 4), 4.0 / 300),
  ]

  @Test(arguments: variances)
  func initializersHaveTheirVariance(_ initializer: Initializer, _ variance: Double) {
    let layer = Linear(300, 200, initializer: initializer)
    layer.initialize(seed: 3)
    let values = layer.weight.value.values.map(Double.init)
    let mean = values.reduce(0, +) / Double(values.count)
    #expect(abs(mean) < 5 * (variance / Double(values.count)).squareRoot())
    let meanSquare = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
    #expect(abs(meanSquare / variance - 1) < 0.03)
    if initializer.description.contains("uniform") || initializer.description.hasPrefix("U") {
      #expect(values.map(abs).max()! <= (3 * variance).squareRoot() * 1.000001)
    }
    #expect(layer.bias!.value.values.allSatisfy { $0 == 0 })
  }

  @Test(arguments: [(64, 64), (20, 50), (50, 20)]) func orthogonalMatricesAreOrthogonal(_ rows: Int, _ columns: Int) {
    let layer = Linear(columns, rows, bias: false, initializer: .orthogonal(gain: 2))
    layer.initialize(seed: 5)
    let w = layer.weight.value
    let gram = rows <= columns ? matmul(w, w, transposeRight: true) : matmul(w, w, transposeLeft: true)
    let n = min(rows, columns)
    #expect(relativeDifference(gram.values, (0..<n * n).map { $0 / n == $0 % n ? 4.0 : 0 }) < 1e-6)
  }
}
