import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// A measure that is accumulated, and one whose last value is kept.
private struct TwoMeans: Probe {
  let about = ProbeDescription(name: "pooled_mean", quantity: "mean(y)", unit: "1", cost: "a pass", source: "")

  func observe(output y: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    results.accumulate(MeasureName(rawValue: about.name), Double(y.mean().value), weight: Double(y.elementCount))
    results.record("last_mean", Double(y.mean().value))
  }
}

private final class TwoOutputs: Module {
  let first = Linear(6, 5), second = Linear(6, 5)
  override func forward(_ inputs: [Tensor]) -> [Tensor] { [relu(first(inputs[0])) * 2, tanh(second(inputs[0])) * 3] }
}

private final class TwoOutputNet: Module {
  let split = TwoOutputs(), head = Linear(5, 3)
  override func forward(_ x: Tensor) -> Tensor {
    let parts = split([x])
    return head(parts[0] + parts[1])
  }
}

/// Inputs that are large enough to saturate tanh and similar functions.
private final class Scale: Module {
  override func forward(_ x: Tensor) -> Tensor { x * 4 }
}

private final class Cell: Module {
  let mix = Linear(6, 6), rectify = ReLU()
  override func forward(_ x: Tensor, _ state: Tensor) -> Tensor { rectify(mix(x + state)) + 0.1 }
}

private final class RecurrentNet: Module {
  let cell = Cell(), head = Linear(6, 3)
  override func forward(_ x: Tensor) -> Tensor { head((0..<20).reduce(x) { state, _ in cell(x, state) }) }
}

/// A row covers all passes and outputs of a call in a step.
@Suite struct PoolingTests {
  private static var probes: ProbeSet {
    .standard + [Histograms(), DeadUnits(window: 1), EffectiveRank(), TwoMeans()]
  }
  private static let names = ["dead_fraction", "effective_rank", "layer_saturation", "pooled_mean", "last_mean"]

  static func net(_ kind: String) -> Module {
    switch kind {
    case "shared":
      let shared = Linear(6, 6), rectify = ReLU()
      return Sequential(shared, rectify, shared, rectify, Linear(6, 3))
    case "recurrent": return RecurrentNet()
    case "two outputs": return TwoOutputNet()
    case "convolution": return SlowNet.convolutional.make()
    case "attention": return SlowNet.attentive.make()
    default:
      let activation: Module = kind == "HardTanh" ? HardTanh() : kind == "Softsign" ? Softsign() : Tanh()
      return Sequential(
        Linear(6, 8, initializer: .heNormal), ReLU(), HookPoint(), Linear(8, 8), Scale(), activation, Linear(8, 3))
    }
  }

  /// The derivative of an activation over its maximum, by its output.
  private static let slopes: [String: @Sendable (Double) -> Double] = [
    "Tanh": { 1 - $0 * $0 }, "HardTanh": { abs($0) < 1 ? 1 : 0 }, "Softsign": { (1 - abs($0)) * (1 - abs($0)) },
  ]

  /// The tensors of all passes of a step, by the path of a row, for the slow computation.
  private struct Seen {
    var outputs: [Double] = [], gradients: [Double] = [], width = 0
    var lastOutput: [Double] = []
  }

  @Test(
    arguments: ["plain", "HardTanh", "Softsign", "shared", "recurrent", "two outputs", "convolution", "attention"],
    [1, 3])
  func rowsAreWhatASlowLookSays(_ kind: String, passes: Int) throws {
    try withTemporaryFolder { folder in
      let net = PoolingTests.net(kind), optimizer = SGD(net, learningRate: 0.1)
      net.initialize(seed: 2)
      // One of the four units is dead.
      if kind == "convolution" { net.parameters[1].parameter.set(Tensor([0, 0, -9, 0], shape: [4])) }
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo", probes: PoolingTests.probes + .standard.every(2),
        warn: { _ in })
      var seen: [String: Seen] = [:]
      func row(_ site: HookSite) -> String {
        (site.path.isEmpty ? site.kind : site.path) + (site.callIndex == 0 ? "" : "[\(site.callIndex)]")
      }
      try net.onForward("**") { site, y in
        seen[row(site), default: Seen()].outputs += y.values.map(Double.init)
        seen[row(site)]!.lastOutput = y.values.map(Double.init)
        seen[row(site)]!.width = y.shape.last!
        return nil
      }
      try net.onBackward("**") { site, g in
        seen[row(site), default: Seen()].gradients += g.values.map(Double.init)
        return nil
      }
      var steps: [[String: Seen]] = []
      for step in 0..<3 {
        seen = [:]
        for pass in 0..<passes {
          // Passes have different numbers of samples.
          let count = 4 + pass
          let inputs = Tensor(sampleValues(count * 6, seed: UInt64(10 * step + pass + 1)), shape: [count, 6])
          (crossEntropy(net(inputs), (0..<count).map { $0 % 3 }) * (1 / Float(passes))).backward()
        }
        optimizer.step()
        try recorder.step(loss: Tensor(0))
        steps.append(seen)
      }
      let run = try recorder.finish()
      let matrices = try LayerQuantity.allCases.map { ($0, try run.layers($0)) }
      let measures = try PoolingTests.names.map { ($0, try run.measures(MeasureName(rawValue: $0))) }
      let histograms = try ["activation", "gradient"].map { ($0, try run.histograms($0)) }
      #expect(
        run.sites.contains { $0.path.hasSuffix(kind == "recurrent" ? "cell[19]" : kind == "shared" ? "[1]" : "") })
      for (name, found) in measures {
        #expect(Set(found.map { [$0.step, $0.site ?? -1] }).count == found.count, "\(name) is there once a row")
      }
      for (index, site) in run.sites.enumerated() {
        for (step, all) in steps.enumerated() {
          let here = try #require(all[site.path]), y = here.outputs, g = here.gradients
          let n = Double(y.count), mean = y.reduce(0, +) / n
          var expected: [LayerQuantity: Double] = [
            .activationMean: mean, .activationStd: (sum(y.count) { (y[$0] - mean) * (y[$0] - mean) } / n).squareRoot(),
            .activationRMS: (dot(y, y) / n).squareRoot(), .activationMin: y.min()!, .activationMax: y.max()!,
            .zeroFraction: Double(y.count { $0 == 0 }) / n, .nonfiniteCount: 0,
            .gradientRMS: (dot(g, g) / n).squareRoot(), .gradientMax: g.map(abs).max()!, .gradientNonfiniteCount: 0,
          ]
          if let slope = PoolingTests.slopes[site.kind.rawValue] {
            let saturated = y.count { slope($0) < 0.1 }
            #expect(kind == "attention" || saturated > 0 && saturated < y.count, "the net is one in which some do")
            expected[.saturatedFraction] = Double(saturated) / n
          }
          #expect(g.count == y.count)
          for (quantity, matrix) in matrices {
            guard let wanted = expected[quantity] else { continue }
            let found = try #require(matrix[index, step], "\(quantity) of \(site.path)")
            #expect(abs(found - wanted) <= 2e-6 * max(abs(wanted), 1e-2), "\(quantity) of \(site.path): \(found)")
          }
          for (quantity, found) in histograms {
            #expect(
              found.filter { $0.site == site.id && $0.step == step }.map(\.counts)
                == [HistogramBins.counts(of: (quantity == "gradient" ? g : y).map { Float($0) })],
              "\(quantity) of \(site.path), once")
          }
          func measured(_ name: String) -> Double? {
            measures.first { $0.0 == name }!.1.first { $0.site == site.id && $0.step == step }?.value
          }
          let last = here.lastOutput
          #expect(abs(try #require(measured("pooled_mean")) - mean) < 1e-6)
          #expect(abs(try #require(measured("last_mean")) - last.reduce(0, +) / Double(last.count)) < 1e-6)
          let columns = here.width, rows = y.count / columns
          if site.kind == "ReLU" || site.kind == "HookPoint" {
            let dead = (0..<columns).count { unit in (0..<rows).allSatisfy { y[$0 * columns + unit] == 0 } }
            #expect(measured("dead_fraction") == Double(dead) / Double(columns))
          }
          let means = (0..<columns).map { j in sum(rows) { y[$0 * columns + j] } / Double(rows) }
          let centred = matrix(rows, columns) { i, j in y[i * columns + j] - means[j] }
          let covariance = matrix(columns, columns) { i, j in sum(rows) { centred[$0][i] * centred[$0][j] } }
          let largest = jacobiEigenvalues(covariance)[0]
          let roots = jacobiEigenvalues(covariance).map { $0 > largest * 1e-12 ? $0.squareRoot() : 0 }
          #expect(abs(try #require(measured("effective_rank")) / effectiveRank(roots) - 1) < 1e-3, "\(site.path)")
        }
      }
    }
  }

  /// Two halves of a batch in two passes have the same row as the whole batch.
  @Test func accumulatedHalvesAreRecordedAsTheWholeBatch() throws {
    func record(halves: Bool) throws -> [Double?] {
      try withTemporaryFolder { folder in
        let net = PoolingTests.net("plain"), optimizer = SGD(net, learningRate: 0.1)
        net.initialize(seed: 2)
        let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", probes: PoolingTests.probes)
        let all = sampleValues(60), labels = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]
        for range in halves ? [0..<5, 5..<10] : [0..<10] {
          let inputs = Tensor(Array(all[range.lowerBound * 6..<range.upperBound * 6]), shape: [range.count, 6])
          (crossEntropy(net(inputs), Array(labels[range])) * (Float(range.count) / 10)).backward()
        }
        optimizer.step()
        try recorder.step(loss: Tensor(0))
        let run = try recorder.finish()
        let columns = try LayerQuantity.allCases.flatMap { quantity in
          let matrix = try run.layers(quantity)
          return run.sites.indices.map { matrix.steps.isEmpty ? nil : matrix[$0, 0] }
        }
        let counts = try ["activation", "gradient"].flatMap { name in
          try run.histograms(name).sorted { $0.site! < $1.site! }.flatMap { $0.counts.map { Double($0) } }
        }
        let measures = try ["dead_fraction", "effective_rank", "layer_saturation", "pooled_mean"].flatMap { name in
          try run.measures(name).sorted { $0.site! < $1.site! }.map(\.value)
        }
        return columns + measures + counts
      }
    }
    let whole = try record(halves: false), halves = try record(halves: true)
    #expect(whole.count == halves.count && whole.compactMap { $0 }.count > 100)
    for (index, (a, b)) in zip(whole, halves).enumerated() {
      #expect((a == nil) == (b == nil), "\(index)")
      if let a, let b { #expect(abs(a - b) <= 2e-6 * max(abs(a), 1e-2), "\(index): \(a), \(b)") }
    }
  }

  /// All tensors that a step observes under one name, and their gradients, are one row.
  @Test func observedTensorsOfOneNameArePooled() throws {
    try withTemporaryFolder { folder in
      let recorder = try Recorder(writingTo: folder + "/run.rheo", probes: PoolingTests.probes)
      let first = Tensor([3, -2], shape: [2]).requiringGradient(), second = Tensor([1], shape: [1]).requiringGradient()
      for _ in 0..<3 {
        recorder.observe("x", first)
        recorder.observe("x", second)
        recorder.observe("x", first)
        let loss = (first * first).sum() + second.sum()
        loss.backward()
        try recorder.step(loss: loss)
      }
      // A tensor on the tape that is not observed in a step is not in its row.
      recorder.observe("x", second)
      let loss = (first * first).sum() + second.sum()
      loss.backward()
      try recorder.step(loss: loss)
      let run = try recorder.finish()
      for step in 0..<3 {
        #expect(abs(try run.layers(.activationMean)[0, step]! - 2.0 / 3) < 1e-6)
        #expect(abs(try run.layers(.gradientRMS)[0, step]! - (53.0 / 3).squareRoot()) < 1e-6)
      }
      #expect(try run.layers(.gradientRMS)[0, 3] == 1 && run.layers(.activationMax)[0, 3] == 1)
      #expect(try run.histograms("activation").count == 4)
      #expect(
        try run.histograms("gradient").map { $0.counts.reduce(0, +) } == [3, 3, 3, 1], "each gradient is seen once")
    }
  }
}
