import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// A parameter of which the loss is a parabola.
private final class Slider: Module {
  let position = Parameter([1], initializer: .constant(1))
  override func forward(_ x: Tensor) -> Tensor { x * position.value }
}

/// A loss whose Hessian is diagonal.
private final class Bowl: Module {
  let weight = Parameter([4], initializer: .constant(1))
  override func forward(_ x: Tensor) -> Tensor { (x * weight.value * weight.value).sum() }
}

@Suite struct AlphaTests {
  /// Trains a slider and returns α by step.
  private func alphas(_ rate: Float, losses: Bool) throws -> [Int: Double] {
    try withTemporaryFolder { folder in
      let net = Slider()
      net.initialize(seed: 0)
      let optimizer = SGD(net, learningRate: rate)
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", probes: [Alpha()], warn: { _ in })
      for _ in 0..<3 {
        let errors = (net(Tensor([1, 1, 1], shape: [3, 1])) - Tensor([2, 3, 4], shape: [3, 1])).squared()
        let loss = errors.mean()
        loss.backward()
        optimizer.step()
        try recorder.step(loss: losses ? errors.reshaped(3) : loss)
      }
      let run = try recorder.finish()
      #expect(abs(run.steps[0].loss - 14.0 / 3) < 1e-6, "the mean of the samples' losses is recorded")
      return Dictionary(uniqueKeysWithValues: try run.measures("alpha").map { ($0.step, $0.value) })
    }
  }

  @Test(arguments: [false, true]) func aParabolaHasOneBottom(_ losses: Bool) throws {
    // L″ = 2, so a step with learning rate η goes 2 η of the way to the minimum.
    for (rate, expected) in [(Float(0.125), -0.75), (0.25, -0.5), (0.5 - 0.0625, -0.125), (0.75, 0.5), (1.25, 1.5)] {
      let found = try alphas(rate, losses: losses)
      #expect(found.keys.sorted() == [1, 2])
      for (step, alpha) in found { #expect(abs(alpha - expected) < 1e-4, "η = \(rate), step \(step): \(alpha)") }
    }
  }

  /// Two batches with noisy losses: the weighted fit by Cramer's rule, with each sample's slope from a pass of its own; alone and together
  /// with `GradientTests`.
  @Test(arguments: SlowNet.allCases, [false, true])
  func noisyNumbersAreWeighted(_ kind: SlowNet, _ isAlongGradient: Bool) throws {
    func newNet() -> Sequential {
      let net = kind.make()
      net.initialize(seed: 4)
      return net
    }
    // The recorder does not observe the twin.
    let net = newNet(), twin = newNet()
    let batches = (0..<2).map { Tensor(sampleValues(30, seed: UInt64($0 + 5)), shape: [5, 6]) }
    let labels = [0, 1, 2, 0, 1], parameters = twin.parameters.map(\.parameter)
    func samples(_ batch: Tensor) -> (losses: [Double], gradients: [[Double]]) {
      let rows = (0..<5).map { Tensor(Array(batch.values[$0 * 6..<$0 * 6 + 6]), shape: [1, 6]) }
      let losses = zip(rows, labels).map { crossEntropy(twin($0), [$1]) }
      return (
        losses.map { Double($0.value) },
        losses.map { loss in
          gradients(of: loss, withRespectTo: parameters.map(\.value)).flatMap { $0.values.map(Double.init) }
        }
      )
    }
    func position() -> [Double] { parameters.flatMap { $0.value.values.map(Double.init) } }
    var seen: [(losses: [Double], gradients: [[Double]])] = [], positions: [[Double]] = []
    let found = try withTemporaryFolder { folder in
      let optimizer = isAlongGradient ? SGD(net, learningRate: 0.5) : Adam(net, learningRate: 0.05)
      let probes: ProbeSet = isAlongGradient ? [GradientTests(), Alpha()] : [Alpha()]
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo", probes: probes,
        warn: { #expect(Bool(false), "\($0), though all layers count") })
      for batch in batches {
        for (own, other) in zip(parameters, net.parameters) { own.set(other.parameter.value) }
        seen.append(samples(batch))
        positions.append(position())
        let losses = crossEntropy(net(batch), labels, reduction: .none)
        losses.mean().backward()
        optimizer.step()
        try recorder.step(loss: losses)
      }
      return try recorder.finish().measures("alpha")
    }
    let way = zip(positions[1], positions[0]).map { $0 - $1 }
    let length = dot(way, way).squareRoot()
    func mean(_ v: [Double]) -> Double { v.reduce(0, +) / Double(v.count) }
    func variance(_ v: [Double]) -> Double { sum(v.count) { (v[$0] - mean(v)) * (v[$0] - mean(v)) } / 4 }
    let slopes = seen.map { $0.gradients.map { dot($0, way) / length } }
    let rows: [[Double]] = [[1, 0, 0], [1, length, length * length], [0, 1, 0], [0, 1, 2 * length]]
    let values = [mean(seen[0].losses), mean(seen[1].losses), mean(slopes[0]), mean(slopes[1])]
    let weights = [seen[0].losses, seen[1].losses, slopes[0], slopes[1]].map { 1 / variance($0) }
    let normal = matrix(3, 3) { i, j in sum(4) { weights[$0] * rows[$0][i] * rows[$0][j] } }
    let right = (0..<3).map { i in sum(4) { weights[$0] * rows[$0][i] * values[$0] } }
    func determinant(_ m: [[Double]]) -> Double {
      sum(3) { i in
        let (j, k) = ((i + 1) % 3, (i + 2) % 3)
        return m[0][i] * (m[1][j] * m[2][k] - m[1][k] * m[2][j])
      }
    }
    func solution(_ column: Int) -> Double {
      determinant(matrix(3, 3) { i, j in j == column ? right[i] : normal[i][j] }) / determinant(normal)
    }
    let (slope, curvature) = (solution(1), solution(2))
    let expected = curvature < 0 ? -1 : 2 * length / (-slope / curvature) - 1
    let alpha = try #require(found.first).value
    #expect(expected != -1 && abs(alpha - expected) < 1e-3 * max(abs(expected), 1), "\(alpha), \(expected)")
  }

  @Test func stepsWithGapsAreWarnedOf() throws {
    try withTemporaryFolder { folder in
      var notices: [String] = []
      let training = try ProbedTraining(
        ProbeSet(Alpha()).every(2), in: folder, warn: { notices.append($0) })
      #expect(try training.run.measures("alpha").isEmpty)
      #expect(
        notices == [
          "alpha needs recorded steps that follow each other, and these don't, so it is left out; record it at every step"
        ])
    }
  }
}

@Suite struct CurvatureTests {
  /// The mean squared error of a net of widths 2, 3 and 1 with tanh, as a function of its 13 parameters.
  private func loss(_ p: [Double], _ x: [Double], _ y: [Double]) -> Double {
    sum(y.count) { sample in
      var output = p[12]
      for unit in 0..<3 {
        let (first, second) = (p[2 * unit] * x[2 * sample], p[2 * unit + 1] * x[2 * sample + 1])
        output += p[9 + unit] * tanh(first + second + p[6 + unit])
      }
      return (output - y[sample]) * (output - y[sample]) / Double(y.count)
    }
  }

  @Test func eigenvalueAndTraceAreThoseOfTheWholeHessian() throws {
    try withTemporaryFolder { folder in
      let net = Sequential(Linear(2, 3), Tanh(), Linear(3, 1))
      net.initialize(seed: 9)
      let x = sampleValues(12, seed: 2), y = sampleValues(6, seed: 3)
      let inputs = Tensor(x, shape: [6, 2]), targets = Tensor(y, shape: [6, 1])
      let optimizer = SGD(net, learningRate: 0.1), vectors = 400
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo",
        probes: [HessianTopEigenvalue(tolerance: 1e-7), HessianTrace(vectors: vectors)])
      let computed = { meanSquaredError(net(inputs), targets) }
      let loss = computed()
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss, again: computed)
      let run = try recorder.finish()

      let at = net.parameters.flatMap { $0.parameter.value.values.map(Double.init) }
      #expect(at.count == 13)
      let hessian = slowHessian(at: at) { self.loss($0, x.map(Double.init), y.map(Double.init)) }
      let top = topEigenvalue(hessian)
      let found = try #require(try run.measures("hessian_top_eigenvalue").first).value
      #expect(abs(found / top - 1) < 1e-4, "\(found), \(top)")
      let trace = sum(13) { hessian[$0][$0] }
      let others = sum(13) { i in dot(hessian[i], hessian[i]) - hessian[i][i] * hessian[i][i] }
      let deviation = (2 * others / Double(vectors)).squareRoot()
      let traces = try run.measures("hessian_trace")
      let whole = try #require(traces.first { $0.site == nil }).value
      #expect(abs(whole - trace) < 4 * deviation && deviation < trace / 20, "\(whole), \(trace) ± \(deviation)")
      #expect(abs(traces.filter { $0.site != nil }.reduce(0) { $0 + $1.value } - whole) < 1e-9)
      #expect(traces.count == 3)
    }
  }

  @Test func allEigenvaluesAreThoseOfTheWholeHessian() {
    let net = Sequential(Linear(2, 3), Tanh(), Linear(3, 1))
    net.initialize(seed: 9)
    let x = sampleValues(12, seed: 2), y = sampleValues(6, seed: 3)
    let at = net.parameters.flatMap { $0.parameter.value.values.map(Double.init) }
    let slow = jacobiEigenvalues(slowHessian(at: at) { self.loss($0, x.map(Double.init), y.map(Double.init)) })
    let loss = meanSquaredError(net(Tensor(x, shape: [6, 2])), Tensor(y, shape: [6, 1]))
    let found = Hessian(of: loss, for: net).allEigenvalues()
    #expect(found.count == 13 && slow.last! < -0.01, "some are negative")
    #expect(zip(found, slow).allSatisfy { abs($0 - $1) < 1e-5 * slow[0] }, "\(found), \(slow)")
  }

  @Test func aDiagonalHessianHasItsExactTraceAndEigenvalue() throws {
    try withTemporaryFolder { folder in
      let net = Bowl()
      net.initialize(seed: 9)
      let optimizer = SGD(net, learningRate: 0.01)
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo",
        probes: [HessianTopEigenvalue(tolerance: 0), HessianTrace(vectors: 1)])
      let steepness = Tensor([-3, 0.5, 2, 1], shape: [4])
      net(steepness).backward()
      optimizer.step()
      try recorder.step(loss: Tensor(0), again: { net(steepness) })
      let run = try recorder.finish()
      #expect(abs(try run.measures("hessian_trace")[0].value - 1) < 1e-5)
      #expect(abs(try run.measures("hessian_top_eigenvalue")[0].value - 4) < 1e-4)
    }
  }

  @Test func withoutTheLossAgainOneWarningIsPrinted() throws {
    try withTemporaryFolder { folder in
      var notices: [String] = []
      let training = try ProbedTraining(
        [HessianTrace(), HessianTopEigenvalue(), InputGradients()], in: folder, warn: { notices.append($0) })
      #expect(notices.count == 1 && notices[0].contains("recorder.step(loss:again:)"))
      #expect(try training.run.measures("hessian_trace").isEmpty)
    }
  }
}

@Suite struct InputGradientTests {
  /// The recorder warns once of a loss that does not call the model as a whole.
  @Test func aLossOfPartsOfTheModelIsWarnedOfOnce() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      try withTemporaryFolder { folder in
        let head = Linear(4, 3), net = Sequential(head)
        net.initialize(seed: 1)
        let optimizer = SGD(net, learningRate: 0.1), inputs = Tensor(sampleValues(20), shape: [5, 4])
        let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", probes: [InputGradients()])
        for _ in 0..<4 {
          let loss = head(inputs).sum()
          loss.backward()
          optimizer.step()
          try recorder.step(loss: loss, again: { head(inputs).sum() })
        }
        _ = try recorder.finish()
      }
    }
    let printed = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(
      printed
        == "rheoscope: input_gradient_norm needs a model that is called once, with one tensor, when the loss is computed, so it is left out\n"
    )
  }
}

@Suite struct SpectrumTests {
  /// Records one tensor, and returns effective rank and saturation.
  private func spectrum(_ tensor: Tensor) throws -> (rank: Double?, saturation: Double?) {
    try withTemporaryFolder { folder in
      let recorder = try Recorder(writingTo: folder + "/run.rheo", probes: [EffectiveRank()])
      recorder.observe("x", tensor)
      try recorder.step(loss: Tensor(0))
      let run = try recorder.finish()
      return (try run.measures("effective_rank").first?.value, try run.measures("layer_saturation").first?.value)
    }
  }

  /// An element of Hadamard's matrix: orthogonal columns of ±1, all but the first with mean 0.
  private func sign(_ i: Int, _ j: Int) -> Double { (i & j).nonzeroBitCount % 2 == 0 ? 1 : -1 }

  @Test(arguments: [[1.0], [1, 1, 1], [4, 2, 1, 0.5], [1, 0.05]], [(8, 4), (8, 16), (400, 300), (300, 512)])
  func knownSingularValuesGiveTheirRank(_ values: [Double], _ size: (rows: Int, columns: Int)) throws {
    // 256 of 300 or 400 rows are not orthogonal, so for these sizes only the rank of one direction is known.
    guard size.rows == 8 || values.count == 1 else { return }
    let tensor = Tensor(shape: [size.rows, size.columns]) { x in
      for i in 0..<size.rows {
        for j in 0..<size.columns {
          x[i * size.columns + j] = 3 + Float(sum(values.count) { values[$0] * sign(i, $0 + 1) * sign(j, $0) })
        }
      }
    }
    let found = try spectrum(tensor), rank = effectiveRank(values)
    #expect(abs(try #require(found.rank) - rank) < 1e-4, "\(found), \(rank)")
    let total = dot(values, values)
    var held = 0.0
    let needed = values.prefix { value in
      defer { held += value * value }
      return held < 0.99 * total
    }.count
    #expect(found.saturation == Double(needed) / Double(size.columns))
  }

  @Test func equalOutputsHaveNoRank() throws {
    #expect(try spectrum(Tensor(repeating: 2, shape: [8, 4])).rank == nil)
    #expect(try spectrum(Tensor([1, .nan, 2, 3], shape: [2, 2])).rank == nil)
  }

  @Test(arguments: [(40, 12), (12, 40)]) func randomOutputsHaveTheRankOfTheirCovariance(_ size: (Int, Int)) throws {
    let (rows, columns) = size, x = sampleValues(rows * columns).map(Double.init)
    let means = (0..<columns).map { j in sum(rows) { x[$0 * columns + j] } / Double(rows) }
    let centred = matrix(rows, columns) { i, j in x[i * columns + j] - means[j] }
    let covariance = matrix(columns, columns) { i, j in sum(rows) { centred[$0][i] * centred[$0][j] } }
    let roots = jacobiEigenvalues(covariance).map { $0 > 1e-9 ? $0.squareRoot() : 0 }
    let found = try spectrum(Tensor(x.map { Float($0) }, shape: [rows, columns])).rank
    #expect(abs(try #require(found) - effectiveRank(roots)) < 1e-5)
  }

  @Test func aLinearNetsJacobianIsItsWeight() throws {
    try withTemporaryFolder { folder in
      let net = Sequential(Linear(4, 3), Identity())
      net.initialize(seed: 1)
      let optimizer = SGD(net, learningRate: 0)
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo", probes: [JacobianSingularValues(), GradientCorrelation()])
      let loss = crossEntropy(net(Tensor(sampleValues(20), shape: [5, 4])), [0, 1, 2, 0, 1])
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
      let run = try recorder.finish()
      let w = net.parameters[0].parameter.value.values.map(Double.init)
      let squares = jacobiEigenvalues(matrix(3, 3) { i, j in sum(4) { w[i * 4 + $0] * w[j * 4 + $0] } })
      let mean = squares.reduce(0, +) / 3
      func found(_ name: String) throws -> Double {
        let all = try run.measures(MeasureName(rawValue: name))
        return try #require(all.first, "\(name)").value
      }
      #expect(abs(try found("jacobian_largest_singular_value") / squares[0].squareRoot() - 1) < 1e-5)
      #expect(abs(try found("jacobian_smallest_singular_value") / squares[2].squareRoot() - 1) < 1e-4)
      #expect(abs(try found("jacobian_mean_square") / mean - 1) < 1e-5)
      #expect(abs(try found("jacobian_spread") - (dot(squares, squares) / 3 / (mean * mean) - 1)) < 1e-5)
      #expect(abs(try found("gradient_correlation") - 1) < 1e-6, "a linear net's gradient is the same everywhere")
    }
  }

  @Test func gradientsShatterInPlainNetsAndLessInResidualOnes() throws {
    func correlation(_ layer: () -> Module) throws -> Double {
      try withTemporaryFolder { folder in
        let net = Sequential([Linear(8, 32, initializer: .heNormal)] + (0..<30).map { _ in layer() } + [Linear(32, 1)])
        net.initialize(seed: 1)
        let optimizer = SGD(net, learningRate: 0)
        let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", probes: [GradientCorrelation()])
        let loss = net(Tensor(sampleValues(128), shape: [16, 8])).squared().mean()
        loss.backward()
        optimizer.step()
        try recorder.step(loss: loss)
        return try #require(try recorder.finish().measures("gradient_correlation").first).value
      }
    }
    let plain = try correlation { Sequential(ReLU(), Linear(32, 32, initializer: .heNormal)) }
    let residual = try correlation { Residual(ReLU(), Linear(32, 32, initializer: .heNormal), scale: 0.18) }
    #expect(plain < residual && residual < 1, "\(plain), \(residual)")
  }
}
