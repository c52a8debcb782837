import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// Probes that differentiate a whole net, compared with finite differences of the nets' formulas.
@Suite struct SlowNetTests {
  private let labels = [0, 1, 2, 0, 1]
  private let x = sampleValues(30, seed: 3)
  private var samples: [[Double]] { (0..<5).map { x[6 * $0..<6 * $0 + 6].map(Double.init) } }

  /// Records a step with learning rate 0. Returns the run and the net's parameters.
  private func withRecord(
    of net: Sequential, _ probes: ProbeSet, _ body: (_ run: Run, _ parameters: [[Double]]) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      net.initialize(seed: 2)
      let optimizer = SGD(net, learningRate: 0), inputs = Tensor(x, shape: [5, 6])
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", probes: probes)
      let loss = crossEntropy(net(inputs), labels)
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss, again: { crossEntropy(net(inputs), labels) })
      try body(try recorder.finish(), net.parameters.map { $0.parameter.value.values.map(Double.init) })
    }
  }

  private func measured(_ name: String, _ run: Run) throws -> Double {
    let all = try run.measures(MeasureName(rawValue: name)).filter { $0.site == nil }
    #expect(all.count == 1, "\(name)")
    return try #require(all.first, "\(name)").value
  }

  @Test(arguments: SlowNet.allCases) func netsAreTheirFormulas(_ kind: SlowNet) throws {
    let net = kind.make()
    try withRecord(of: net, []) { _, p in
      let found = net(Tensor(x, shape: [5, 6])).values
      #expect(relativeDifference(found, samples.flatMap { kind.output($0, p) }) < 1e-6)
    }
  }

  @Test(arguments: SlowNet.allCases) func singularValuesAreThoseOfTheJacobian(_ kind: SlowNet) throws {
    try withRecord(of: kind.make(), [JacobianSingularValues()]) { run, p in
      let squares = samples.map { sample in
        let jacobian = (0..<3).map { output in slowGradient(at: sample) { kind.output($0, p)[output] } }
        return jacobiEigenvalues(matrix(3, 3) { dot(jacobian[$0], jacobian[$1]) })
      }
      let means = squares.map { $0.reduce(0, +) / 3 }
      let expected = [
        "jacobian_largest_singular_value": squares.map { $0[0].squareRoot() },
        "jacobian_smallest_singular_value": squares.map { $0[2].squareRoot() },
        "jacobian_mean_square": means,
        "jacobian_spread": zip(squares, means).map { dot($0, $0) / 3 / ($1 * $1) - 1 },
      ]
      #expect(Set(squares.map { $0[0] }).count == 5, "a Jacobian that depends on the sample")
      for (name, values) in expected {
        let found = try measured(name, run), value = values.reduce(0, +) / 5
        #expect(abs(found / value - 1) < 1e-5, "\(name): \(found), \(value)")
      }
    }
  }

  @Test(arguments: SlowNet.allCases) func correlationIsThatOfNeighboursGradients(_ kind: SlowNet) throws {
    // Far enough that each net is not linear.
    try withRecord(of: kind.make(), [GradientCorrelation(distance: 0.9)]) { run, p in
      var random = RandomStream(seed: 0, name: "gradient_correlation")
      let signs = (0..<3).map { _ in random.uniform() < 0.5 ? -1.0 : 1 }
      func gradient(_ x: [Double]) -> [Double] { slowGradient(at: x) { dot(signs, kind.output($0, p)) } }
      let cosines = samples.indices.map { index in
        let here = samples[index], next = samples[(index + 1) % 5]
        let a = gradient(here), b = gradient(zip(here, next).map { $0 + 0.9 * ($1 - $0) })
        return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
      }
      let expected = cosines.reduce(0, +) / 5, found = try measured("gradient_correlation", run)
      #expect(abs(found - expected) < 1e-5 && expected < 0.99, "\(found), \(expected)")
    }
  }

  @Test(arguments: SlowNet.allCases) func inputGradientsAreThoseOfEachSample(_ kind: SlowNet) throws {
    try withRecord(of: kind.make(), [InputGradients()]) { run, p in
      let slow = zip(samples, labels).map { sample, label in slowGradient(at: sample) { kind.loss($0, label, p) } }
      let norm = slow.reduce(0) { $0 + dot($1, $1).squareRoot() / 5 }
      #expect(abs(try measured("input_gradient_norm", run) / norm - 1) < 1e-5)
      let features = try (0..<6).map { Float(try measured("input_gradient.\($0)", run)) }
      #expect(relativeDifference(features, (0..<6).map { j in slow.reduce(0) { $0 + abs($1[j]) / 5 } }) < 1e-5)
    }
  }

  /// The traces of the whole model and of each layer, which are those of the Hessian's diagonal blocks.
  @Test(arguments: SlowNet.allCases) func curvatureIsThatOfTheWholeHessian(_ kind: SlowNet) throws {
    let net = kind.make(), vectors = 500
    let probes: ProbeSet = [HessianTopEigenvalue(iterations: 80, tolerance: 1e-7), HessianTrace(vectors: vectors)]
    try withRecord(of: net, probes) { run, p in
      // The layer of each parameter.
      let owners = net.parameters.flatMap { path, parameter in
        Array(repeating: String(path[..<path.lastIndex(of: ".")!]), count: parameter.shape.elementCount)
      }
      let hessian = slowHessian(at: p.flatMap { $0 }) { all in
        var rest = all[...]
        let parts = p.map { part in
          defer { rest = rest.dropFirst(part.count) }
          return Array(rest.prefix(part.count))
        }
        return zip(samples, labels).reduce(0) { $0 + kind.loss($1.0, $1.1, parts) / 5 }
      }
      let top = jacobiEigenvalues(hessian)[0], found = try measured("hessian_top_eigenvalue", run)
      #expect(abs(found / top - 1) < 1e-4, "\(found), \(top)")
      // The same vectors z as the probe's, so that the result can be compared to more digits than the estimate has.
      var random = RandomStream(seed: 0, name: "hessian_trace")
      let signs = (0..<vectors).map { _ in owners.map { _ in random.uniform() < 0.5 ? -1.0 : 1 } }
      let shares = owners.indices.map { i in signs.reduce(0) { $0 + $1[i] * dot(hessian[i], $1) / Double(vectors) } }
      let layers = Array(Set(owners)), traces = try run.measures("hessian_trace")
      #expect(traces.count == layers.count + 1)
      for layer in layers + ["whole"] {
        let block = owners.indices.filter { layer == "whole" || owners[$0] == layer }
        let trace = block.reduce(0) { $0 + hessian[$1][$1] }, estimate = block.reduce(0) { $0 + shares[$1] }
        // Each pair of parameters of a block occurs in both orders.
        let variance = block.reduce(0) { total, i in
          total + sum(owners.count) { $0 == i ? 0 : hessian[i][$0] * hessian[i][$0] * (block.contains($0) ? 2 : 1) }
        }
        let deviation = (variance / Double(vectors)).squareRoot()
        let site = layer == "whole" ? nil : run.sites.first { $0.path == layer }!.id
        let found = try #require(traces.first { $0.site == site }).value
        #expect(abs(found - estimate) < 0.01 * deviation, "\(layer): \(found), \(estimate)")
        #expect(abs(estimate - trace) < 4 * deviation, "\(layer): \(estimate), \(trace) ± \(deviation)")
      }
    }
  }
}
