import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// The mean fourth power over the squared mean square, as a user would write it.
private struct Kurtosis: Probe {
  let about = ProbeDescription(
    name: "activation_kurtosis", quantity: "mean(y⁴) / mean(y²)²", unit: "1", cost: "a pass", source: "Pearson 1905")

  func observe(output y: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    let square = y.squared()
    results.record("activation_kurtosis", Double((square.squared().mean() / square.mean().squared()).value))
  }
}

/// A training of a small net that keeps its tensors for the slow computations of tests.
struct ProbedTraining {
  let net: Sequential
  let run: Run
  var outputs: [String: [[Double]]] = [:]
  var gradients: [String: [[Double]]] = [:]
  /// Weights of the first layer, before each step and after the last.
  var weights: [[Double]] = []
  var weightGradients: [[Double]] = []
  var losses: [Float] = []

  init(
    _ probes: ProbeSet, steps: Int = 5, in folder: String, again: Bool = false,
    net: Sequential = Sequential(Linear(6, 8, initializer: .heNormal), ReLU(), Linear(8, 3)),
    warn: ((String) -> Void)? = nil
  ) throws {
    net.initialize(seed: 2)
    self.net = net
    let optimizer = Adam(net, learningRate: 0.05)
    let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", probes: probes, warn: warn)
    var outputs: [String: [[Double]]] = [:], gradients: [String: [[Double]]] = [:]
    let handles = [
      try net.onForward("*") { site, y in
        if y.isOnTape { outputs[site.path, default: []].append(y.values.map(Double.init)) }
        return nil
      },
      try net.onBackward("*") { site, g in
        gradients[site.path, default: []].append(g.values.map(Double.init))
        return nil
      },
    ]
    let weight = net.parameters[0].parameter
    for step in 0..<steps {
      let inputs = Tensor(sampleValues(30, seed: UInt64(step)), shape: [5, 6]), labels = [0, 1, 2, 0, 1]
      let loss = crossEntropy(net(inputs), labels)
      loss.backward()
      losses.append(loss.value)
      weights.append(weight.value.values.map(Double.init))
      weightGradients.append(weight.gradient!.values.map(Double.init))
      optimizer.step()
      try recorder.step(loss: loss, again: again ? { crossEntropy(net(inputs), labels) } : nil)
    }
    for handle in handles { handle.remove() }
    weights.append(weight.value.values.map(Double.init))
    run = try recorder.finish()
    self.outputs = outputs
    self.gradients = gradients
  }

  /// The values of a measure at a site, by step.
  func measured(_ name: String, at path: String?) throws -> [Int: Double] {
    let site = path.map { path in run.sites.first { $0.path == path }!.id }
    return Dictionary(
      uniqueKeysWithValues: try run.measures(MeasureName(rawValue: name)).filter { $0.site == site }.map {
        ($0.step, $0.value)
      })
  }
}

@Suite struct ProbeTests {
  private func withTraining(
    _ probes: ProbeSet, steps: Int = 5, of kind: SlowNet? = nil, _ body: (ProbedTraining) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      try body(
        kind.map { try ProbedTraining(probes, steps: steps, in: folder, net: $0.make()) }
          ?? ProbedTraining(probes, steps: steps, in: folder))
    }
  }

  private func norm(_ v: [Double]) -> Double { v.reduce(0) { $0 + $1 * $1 }.squareRoot() }
  private func difference(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 - $1 } }
  private func cosine(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / (norm(a) * norm(b))
  }

  @Test func aProbeOfOnesOwnTakesAFewLines() throws {
    try withTraining([Kurtosis()]) { training in
      let found = try training.measured("activation_kurtosis", at: "0")
      for (step, y) in training.outputs["0"]!.enumerated() {
        let n = Double(y.count), square = y.reduce(0) { $0 + $1 * $1 } / n
        let expected = y.reduce(0) { $0 + $1 * $1 * $1 * $1 } / n / (square * square)
        #expect(abs(try #require(found[step]) / expected - 1) < 1e-5)
      }
      #expect(try training.run.layers(.activationMean).steps.isEmpty, "nothing else is recorded")
    }
  }

  @Test(arguments: SlowNet.allCases) func directionsAndDistanceAreThoseOfTheWeights(_ kind: SlowNet) throws {
    let probes: ProbeSet = [GradientCosine(), UpdateCosine(), DistanceFromInitialization()]
    try withTraining(probes, steps: 6, of: kind) { training in
      let w = training.weights, g = training.weightGradients
      let gradients = try training.measured("gradient_cosine", at: kind.first)
      let updates = try training.measured("update_cosine", at: kind.first)
      let distances = try training.measured("distance_from_initialization", at: kind.first)
      #expect(gradients[0] == nil && updates[0] == nil)
      for step in 0..<6 {
        #expect(abs(try #require(distances[step]) - norm(difference(w[step + 1], w[0]))) < 1e-5)
        guard step > 0 else { continue }
        #expect(abs(try #require(gradients[step]) - cosine(g[step], g[step - 1])) < 1e-6)
        let change = difference(w[step + 1], w[step]), last = difference(w[step], w[step - 1])
        #expect(abs(try #require(updates[step]) - cosine(change, last)) < 1e-3)
      }
    }
  }

  @Test(arguments: [1, 2]) func aUnitIsDeadAfterAWindowWithoutOutput(_ window: Int) throws {
    try withTraining([DeadUnits(window: window)], steps: 60) { training in
      let found = try training.measured("dead_fraction", at: "1")
      #expect(found.keys.sorted() == Array(window - 1..<60))
      #expect(try training.measured("dead_fraction", at: "0").isEmpty)
      for (step, fraction) in found {
        let window = training.outputs["1"]![step - window + 1...step]
        let dead = (0..<8).count { unit in
          window.allSatisfy { y in stride(from: unit, to: y.count, by: 8).allSatisfy { y[$0] == 0 } }
        }
        #expect(fraction == Double(dead) / 8, "step \(step)")
      }
      #expect(Set(found.values).count > 1, "the net is one in which units die")
    }
  }

  @Test func histogramsCountEveryValue() throws {
    try withTraining([Histograms()]) { training in
      func expect(_ quantity: String, at path: String, _ values: [[Double]]) throws {
        let site = training.run.sites.first { $0.path == path }!.id
        let found = try training.run.histograms(quantity).filter { $0.site == site }
        #expect(found.map(\.step) == Array(values.indices))
        #expect(found.map(\.counts) == values.map { HistogramBins.counts(of: $0.map { Float($0) }) }, "\(quantity)")
      }
      for path in ["0", "1", "2"] {
        try expect("activation", at: path, training.outputs[path]!)
        try expect("gradient", at: path, training.gradients[path]!)
      }
      try expect("weight", at: "0", Array(training.weights.dropFirst()))
      try expect("weight_gradient", at: "0", training.weightGradients)
    }
  }

  @Test(arguments: [0, 100, 1e4]) func deviationsFromLargeMeansKeepTheirDigits(_ mean: Float) throws {
    try withTemporaryFolder { folder in
      let recorder = try Recorder(writingTo: folder + "/run.rheo")
      let parts = [40, 1_000].map { count in sampleValues(count).map { $0 + mean * (count == 40 ? 1 : -1) } }
      let slow = { (values: [Float]) -> Double in
        let wide = values.map(Double.init), mean = wide.reduce(0, +) / Double(wide.count)
        return (wide.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(wide.count)).squareRoot()
      }
      for (index, part) in parts.enumerated() { recorder.observe("\(index)", Tensor(part, shape: [part.count])) }
      for part in parts { recorder.observe("both", Tensor(part, shape: [part.count])) }
      try recorder.step(loss: Tensor(0))
      let found = try recorder.finish().layers(.activationStd)
      for (index, exact) in [slow(parts[0]), slow(parts[1]), slow(parts[0] + parts[1])].enumerated() {
        #expect(abs(try #require(found[index, 0]) / exact - 1) < 1e-6)
      }
    }
  }

  /// In outputs and gradients, in one tensor and in several with one name.
  @Test(arguments: [1, 5, 63, 64, 65, 1_000], [1, 2]) func valuesThatAreNotFiniteAreCounted(
    _ count: Int, _ passes: Int
  ) throws {
    let strange: [Float] = [.nan, .infinity, -.infinity, 0]
    let values = (0..<count).map { (index: Int) -> Float in index % 3 == 0 ? strange[index / 3 % 4] : Float(index) }
    try withTemporaryFolder { folder in
      let recorder = try Recorder(writingTo: folder + "/run.rheo", warn: { _ in })
      let one = Tensor(repeating: 1, shape: [count]).requiringGradient()
      for _ in 0..<passes {
        let hidden = one * Tensor(values, shape: [count])
        recorder.observe("hidden", hidden)
        (hidden * Tensor(values, shape: [count])).sum().backward()
      }
      try recorder.step(loss: Tensor(0))
      let run = try recorder.finish(), expected = Double(passes * values.count { !$0.isFinite })
      #expect(expected > 0)
      #expect(try run.layers(.nonfiniteCount)[0, 0] == expected)
      #expect(try run.layers(.gradientNonfiniteCount)[0, 0] == expected)
      #expect(try run.layers(.zeroFraction)[0, 0] == Double(values.count { $0 == 0 }) / Double(count))
    }
  }

  @Test(arguments: [0, 1, 16, 63, 64, 65, 128, 1_000]) func theFastHistogramIsTheSlowOne(_ count: Int) throws {
    var random = RandomStream(seed: 3, name: "\(count)")
    func value(_ index: Int) -> Float {
      switch index % 11 {
      case 0: [0, -0.0, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude][index / 11 % 7]
      case 1, 2: Float(HistogramBins.edges[Int(random.uniform() * 297)])
      default: Float((random.uniform() - 0.5) * pow(10, random.uniform() * 24 - 16))
      }
    }
    let values = (0..<count).map(value)
    #expect(try fastHistogram(of: values) == HistogramBins.counts(of: values))
  }

  /// The kernel computes the bins of sixteen values at once if none is tiny or near an edge; the values here approach edges.
  @Test func computedBinsAreTheSlowOnes() throws {
    var values = (0..<4_099).map { index in
      let size = pow(10, Float(index) / 4_099 * 17 - 10.5)
      return index % 3 == 0 ? -size : index % 7 == 0 ? 0 : size
    }
    #expect(try fastHistogram(of: values) == HistogramBins.counts(of: values))
    for distance in [0, 1e-7, 1e-6, 1e-5, 3e-5, 1e-4, 2e-4, 1e-3] as [Double] {
      values = HistogramBins.edges.flatMap { edge in
        [1 - distance, 1 + distance].flatMap { Array(repeating: Float(edge * $0), count: 16) }
      }
      #expect(try fastHistogram(of: values) == HistogramBins.counts(of: values), "\(distance) from edges")
    }
  }

  private func fastHistogram(of values: [Float]) throws -> [UInt32]? {
    try withTemporaryFolder { folder in
      let recorder = try Recorder(writingTo: folder + "/run.rheo", probes: [Histograms()])
      recorder.observe("values", Tensor(values, shape: [values.count]))
      try recorder.step(loss: Tensor(0))
      return try recorder.finish().histograms("activation").first?.counts
    }
  }

  @Test func tensorsAreObservedWithoutAModel() throws {
    try withTemporaryFolder { folder in
      let recorder = try Recorder(writingTo: folder + "/run.rheo")
      let weight = Tensor([3, -2], shape: [2]).requiringGradient()
      for _ in 0..<2 {
        let hidden = weight * 2
        recorder.observe("hidden", hidden)
        let loss = (hidden * hidden).sum()
        recorder.observe("loss", loss)
        loss.backward()
        try recorder.step(loss: loss)
      }
      let run = try recorder.finish()
      #expect(run.sites.map { "\($0.path) \($0.kind) \($0.depth)" } == ["hidden Tensor 1", "loss Tensor 2"])
      #expect(try run.layers(.activationMax)[0, 1] == 6 && run.layers(.gradientMax)[0, 1] == 12)
      #expect(try run.layers(.gradientRMS)[1, 0] == 1)
    }
  }

  @Test func aLeafIsObservedOnceAStep() throws {
    final class Count: Probe {
      let about = ProbeDescription(name: "count", quantity: "", unit: "", cost: "", source: "")
      var gradients = 0, outputs = 0

      func observe(output: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) { outputs += 1 }
      func observe(gradient: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) { gradients += 1 }
    }
    try withTemporaryFolder { folder in
      let net = Sequential(Linear(3, 2))
      net.initialize(seed: 1)
      let weight = net.parameters[0].parameter, count = Count(), inputs = Tensor(sampleValues(12), shape: [4, 3])
      let observer = try Recorder(writingTo: folder + "/other.rheo", probes: [count])
      for step in 1...4 {
        observer.observe("w", weight.value)
        let loss = checkpointed {
          let hidden = inputs * weight.value.sum()
          observer.observe("hidden", hidden)
          return hidden.squared().sum()
        }
        loss.backward()
        try observer.step(loss: loss)
        #expect(count.outputs == 2 * step && count.gradients == 2 * step)
      }
      _ = try observer.finish()
    }
  }

  @Test func evaluationIsNotObserved() throws {
    try withTemporaryFolder { folder in
      let net = Sequential(Linear(3, 2)), optimizer = SGD(net, learningRate: 0.1)
      net.initialize(seed: 1)
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo")
      let loss = net(Tensor(repeating: 1, shape: [4, 3])).sum()
      recorder.observe("loss", loss)
      loss.backward()
      optimizer.step()
      withoutGradients { recorder.observe("loss", Tensor(1_000)) }
      try recorder.step(loss: loss)
      let run = try recorder.finish()
      #expect(try Float(run.layers(.activationMax)[1, 0]!) == loss.value)
    }
  }
}

@Suite struct RecordingScheduleTests {
  private func steps(_ schedule: RecordingSchedule, upTo count: Int = 120) throws -> [Int] {
    try withTemporaryFolder { folder in
      let training = try ProbedTraining(ProbeSet(Kurtosis()).on(schedule, at: "0"), steps: count, in: folder)
      #expect(training.run.steps.count == count, "losses are recorded at every step")
      #expect(training.run.sites.map(\.path) == (training.run.sites.isEmpty ? [] : ["0"]))
      return try training.measured("activation_kurtosis", at: training.run.sites.isEmpty ? nil : "0").keys.sorted()
    }
  }

  @Test func probesLookWhenTheirScheduleSays() throws {
    #expect(try steps(.every(16)) == [0, 16, 32, 48, 64, 80, 96, 112])
    #expect(try steps(.logarithmic(perDecade: 3)) == [0, 1, 2, 5, 10, 22, 46, 100])
    #expect(try steps(.at([3, 7, 500])) == [3, 7])
    #expect(try steps(.when { $0 > 117 }) == [118, 119])
    #expect(try steps(.onceAfter { $0 < 0.9 }).count == 1)
    #expect(try steps(.onceAfter { $0.isNaN }).isEmpty)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func aProbeLooksOnceAfterTheFirstLossThatIsNotFinite(_ factor: Float) throws {
    try withTemporaryFolder { folder in
      let net = Sequential(Linear(6, 3)), optimizer = SGD(net, learningRate: 0.1)
      net.initialize(seed: 2)
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo",
        probes: ProbeSet(ActivationStatistics()).on(.onceAfter { !$0.isFinite }), warn: { _ in })
      for step in 0..<12 {
        let output = net(Tensor(sampleValues(30), shape: [5, 6]))
        let loss = output.squared().mean() * (step == 5 ? factor : 1)
        loss.backward()
        optimizer.step()
        try recorder.step(loss: loss)
      }
      let run = try recorder.finish(), counts = try run.layers(.nonfiniteCount)
      #expect(run.steps.map(\.loss.isFinite) == (0..<12).map { $0 < 5 }, "it never recovers")
      #expect(counts.steps == [6] && counts[0, 0] == 15)
    }
  }

  @Test func probesOfOneScheduleLookTogether() throws {
    try withTemporaryFolder { folder in
      var asked: [Int] = []
      let when: RecordingSchedule = .when { step in
        asked.append(step)
        return false
      }
      let once = ProbeSet(Kurtosis(), DeadUnits(window: 1)).on(.onceAfter { _ in true })
      for name in ["first", "second"] {
        try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
        let training = try ProbedTraining(once + ProbeSet.thorough.on(when), steps: 3, in: folder + "/" + name)
        #expect(try training.measured("activation_kurtosis", at: "1").keys.sorted() == [1])
        #expect(try training.measured("dead_fraction", at: "1").keys.sorted() == [1])
      }
      #expect(asked == [0, 1, 2, 3, 0, 1, 2, 3])
    }
  }

  @Test func eachProbeHasASchedule() throws {
    try withTemporaryFolder { folder in
      let training = try ProbedTraining(
        .standard.every(4) + ProbeSet(Kurtosis()).on(.at([5]), at: "*"), steps: 9, in: folder)
      let means = try training.run.layers(.activationMean)
      #expect(means.steps == [0, 4, 8] && (0..<3).allSatisfy { means[0, $0] != nil })
      #expect(try training.measured("activation_kurtosis", at: "1").keys.sorted() == [5])
    }
  }

  @Test func aPatternThatFitsNothingThrows() throws {
    try withTemporaryFolder { folder in
      _ = #expect(throws: HookError.self) {
        _ = try ProbedTraining(ProbeSet(Kurtosis()).at("blocks.*"), in: folder)
      }
    }
  }
}
