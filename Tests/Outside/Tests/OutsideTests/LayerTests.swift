import Rheoscope
import Testing

// begin
/// A gated linear unit: y = (x Wᵀ + b) ⊙ σ(x Vᵀ + c), with x [n, inputs], W and V [outputs, inputs], b and c [outputs], y [n, outputs].
///
/// Source: Dauphin et al., "Language modeling with gated convolutional networks", 2017, arXiv:1612.08083.
final class GatedLinear: Module {
  let weight, gate: Parameter
  let bias, gateBias: Parameter

  init(_ inputs: Int, _ outputs: Int, initializer: Initializer = .xavierNormal) {
    weight = Parameter([outputs, inputs], initializer: initializer)
    gate = Parameter([outputs, inputs], initializer: initializer)
    bias = Parameter([outputs], initializer: .zeros)
    gateBias = Parameter([outputs], initializer: .zeros)
  }

  override func forward(_ x: Tensor) -> Tensor {
    linear(x, weight: weight.value, bias: bias.value) * sigmoid(linear(x, weight: gate.value, bias: gateBias.value))
  }
}
// end

@Suite struct LayerTests {
  private func trained(_ model: Module, recording path: String) throws -> Run {
    model.initialize(seed: 3)
    let optimizer = Adam(model, learningRate: 0.01)
    let recorder = try Recorder(model, optimizer, writingTo: path)
    for batch in Dataset.twoSpirals(samplesPerClass: 100, seed: 1).standardized().batches(of: 50, seed: 1).prefix(200) {
      let loss = crossEntropy(model(batch.inputs), batch.labels)
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
    }
    return try recorder.finish()
  }

  @Test func parametersAreFoundAndTrained() throws {
    let model = Sequential(GatedLinear(2, 32), GatedLinear(32, 32), Linear(32, 2))
    #expect(model.parameters.map(\.path).prefix(4) == ["0.weight", "0.gate", "0.bias", "0.gateBias"])
    #expect(model.parameterCount == 2 * (64 + 32) + 2 * (1024 + 32) + 66)
    try withTemporaryFolder { folder in
      let run = try trained(model, recording: folder + "/run.rheo")
      #expect(run.steps.last!.loss < 0.5 * run.steps[0].loss)
    }
  }

  /// Both weight matrices have norms in the run file.
  @Test func eachWeightIsRecorded() throws {
    let model = Sequential(GatedLinear(2, 8), Linear(8, 2))
    try withTemporaryFolder { folder in
      let norms = try trained(model, recording: folder + "/run.rheo").weights(.norm)
      #expect(norms.parameters.map(\.path) == ["0.weight", "0.gate", "1.weight"])
      for row in norms.parameters.indices { #expect(norms[row, 0].map { $0 > 0 } == true) }
    }
  }
}
