import Rheoscope
import Testing

// begin measure
/// The kurtosis of each layer's activations: 3 for a normal distribution.
struct Kurtosis: Probe {
  let about = ProbeDescription(
    name: "activation_kurtosis", quantity: "mean(y⁴) / mean(y²)²", unit: "1", cost: "one pass over each output",
    source: "Pearson 1905")

  mutating func observe(output y: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    let square = y.squared()
    let kurtosis = (square.squared().mean() / square.mean().squared()).value
    results.accumulate("activation_kurtosis", Double(kurtosis), weight: Double(y.elementCount))
  }
}
// end measure

// begin end
/// Each layer's share of the squared norm of the gradients with respect to all outputs.
struct GradientShare: Probe {
  let about = ProbeDescription(
    name: "gradient_share", quantity: "‖dL/dy‖² / Σ ‖dL/dy‖² over layers", unit: "1",
    cost: "one pass over each gradient",
    source: "none")
  private var squares: [Int: Double] = [:]

  mutating func observe(gradient: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    squares[layer.index, default: 0] += Double(gradient.squared().sum().value)
  }

  mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    let total = squares.values.reduce(0, +)
    for layer in step.layers {
      if let square = squares[layer.index] { step.record("gradient_share", square / total, of: layer) }
    }
    squares = [:]
  }
}
// end end

// begin column
/// Fills the column `saturated_fraction` for outputs from 0 to 1: the share that is within 0.01 of either end.
struct GateSaturation: Probe {
  let about = ProbeDescription(
    name: "gate_saturation", quantity: "share of outputs below 0.01 or above 0.99", unit: "1",
    cost: "one pass over each output", source: "none")

  mutating func observe(output y: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    let values = y.values
    results[.saturatedFraction] = Double(values.count { $0 < 0.01 || $0 > 0.99 }) / Double(values.count)
  }
}
// end column

// begin memory
/// The mean of the losses so far.
struct MeanLoss: Probe {
  let about = ProbeDescription(
    name: "mean_loss", quantity: "Σ L / steps", unit: "loss", cost: "none", source: "none")
  private var sum = 0.0, steps = 0.0

  mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    (sum, steps) = (sum + step.loss, steps + 1)
    results.record("mean_loss", sum / steps)
  }

  func save(to state: inout SavedState, _ layers: [ProbedLayer]) { state.numbers["sums"] = [sum, steps] }

  mutating func restore(from state: SavedState, _ layers: [ProbedLayer]) throws {
    if let sums = try state.numbers("sums", 2) { (sum, steps) = (sums[0], sums[1]) }
  }
}
// end memory

@Suite struct ProbeTests {
  private func recorded(_ probes: ProbeSet, _ model: Sequential, in folder: String) throws -> Run {
    model.initialize(seed: 1)
    let optimizer = SGD(model, learningRate: 0.1)
    let recorder = try Recorder(model, optimizer, writingTo: folder + "/run.rheo", probes: probes)
    for batch in Dataset.blobs(samplesPerClass: 40, seed: 1).batches(of: 40, seed: 1).prefix(6) {
      let loss = crossEntropy(model(batch.inputs), batch.labels)
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
    }
    return try recorder.finish()
  }

  @Test func recordsAMeasurePerLayer() throws {
    try withTemporaryFolder { folder in
      let run = try recorded(
        ProbeSet(Kurtosis()).every(2), Sequential(Linear(2, 16), Tanh(), Linear(16, 3)), in: folder)
      let measures = try run.measures("activation_kurtosis")
      #expect(measures.count == 3 * 3 && Set(measures.map(\.step)) == [0, 2, 4])
      // A distribution's kurtosis is at least 1.
      #expect(measures.allSatisfy { $0.value >= 1 && $0.value < 100 })
    }
  }

  @Test func remembersAcrossABreak() throws {
    try withTemporaryFolder { folder in
      let batches = Dataset.blobs(samplesPerClass: 40, seed: 1).batches(of: 40, seed: 1)
      func model() -> (Linear, SGD) {
        let model = Linear(2, 3)
        model.initialize(seed: 1)
        return (model, SGD(model, learningRate: 0.1))
      }
      func train(_ steps: Range<Int>, _ model: Linear, _ optimizer: SGD, _ recorder: Recorder) throws {
        for batch in batches.starting(at: steps.lowerBound).prefix(steps.count) {
          let loss = crossEntropy(model(batch.inputs), batch.labels)
          loss.backward()
          optimizer.step()
          try recorder.step(loss: loss)
        }
      }
      let path = folder + "/run.rheo", checkpoint = folder + "/training.safetensors"
      let (first, descent) = model()
      let begun = try Recorder(first, descent, writingTo: path, probes: [MeanLoss()])
      try train(0..<4, first, descent, begun)
      try TrainingState(step: 4).save(first, descent, recorder: begun, to: checkpoint)
      try train(4..<5, first, descent, begun)
      _ = try begun.finish()
      let (second, other) = model()
      let state = try TrainingState(restoring: second, other, from: checkpoint)
      let recorder = try Recorder(resuming: path, from: checkpoint, second, other, probes: [MeanLoss()])
      try train(state.step..<8, second, other, recorder)
      let run = try recorder.finish(), means = try run.measures("mean_loss").map(\.value)
      #expect(means.count == 8)
      let mean = run.steps.reduce(0) { $0 + $1.loss } / 8
      #expect(abs(means[7] - mean) < 1e-12)
    }
  }

  @Test func recordsPerLayerAtTheEndOfAStep() throws {
    try withTemporaryFolder { folder in
      let run = try recorded([GradientShare()], Sequential(Linear(2, 16), Tanh(), Linear(16, 3)), in: folder)
      let shares = try run.measures("gradient_share")
      #expect(shares.count == 6 * 3)
      for step in 0..<6 {
        #expect(abs(shares.filter { $0.step == step }.reduce(0) { $0 + $1.value } - 1) < 1e-6)
      }
    }
  }

  @Test func fillsAColumn() throws {
    try withTemporaryFolder { folder in
      let run = try recorded(
        ProbeSet(GateSaturation()).at("1"), Sequential(Linear(2, 16), HookPoint(), Sigmoid(), Linear(16, 3)), in: folder
      )
      let fractions = try run.layers(.saturatedFraction)
      let row = try #require(fractions.sites.firstIndex { $0.path == "1" })
      #expect(fractions.row(row).allSatisfy { $0.map { (0...1).contains($0) } == true })
    }
  }
}
