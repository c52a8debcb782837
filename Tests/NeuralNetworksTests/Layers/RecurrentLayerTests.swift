import Autodiff
import Foundation
import NeuralNetworks
import TestSupport
import Testing

/// What the tables of layers can't show of `RNN`, `LSTM` and `GRU`: initial values, state, hooks and checkpoints.
@Suite struct RecurrentLayerTests {
  private func values(_ layer: Module) -> [String: [Float]] {
    layer.initialize(seed: 3)
    return Dictionary(uniqueKeysWithValues: layer.parameters.map { ($0.path, $0.parameter.value.values) })
  }

  /// PyTorch's U(±1/√units) for weights and biases, whatever the number of features.
  @Test(arguments: [4, 3, 1]) func initialValuesArePyTorchs(gates: Int) {
    let layer = gates == 4 ? LSTM(9, 25) : gates == 3 ? GRU(9, 25) : RNN(9, 25), found = values(layer)
    #expect(
      layer.parameters.map { "\($0.path) \($0.parameter.shape)" } == [
        "cell.input.weight [\(25 * gates), 9]", "cell.input.bias [\(25 * gates)]",
        "cell.hidden.weight [\(25 * gates), 25]", "cell.hidden.bias [\(25 * gates)]",
      ])
    for (path, values) in found {
      let largest = values.map(abs).max()!
      #expect(largest <= 0.2 && largest > 0.19, "\(path): \(largest)")
    }
  }

  @Test(arguments: [4, 3]) func anInitializerSetsWeightsAndZerosBiases(gates: Int) {
    let half = Initializer.constant(0.5)
    for (path, values) in values(gates == 4 ? LSTM(3, 2, initializer: half) : GRU(3, 2, initializer: half)) {
      #expect(values.allSatisfy { $0 == (path.hasSuffix("bias") ? 0 : 0.5) }, "\(path)")
    }
  }

  @Test func theForgetBiasIsAddedToTheSecondGateOnce() throws {
    let plain = values(LSTM(3, 4)), biased = LSTM(3, 4, forgetBias: 1.5), found = values(biased)
    for (path, values) in found {
      let added = zip(values, try #require(plain[path])).map { $0 - $1 }
      let expected = (0..<values.count).map { path == "cell.input.bias" && 4..<8 ~= $0 ? Float(1.5) : 0 }
      #expect(zip(added, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(path)")
    }
    #expect(biased.cell.input.bias!.initializer.description == "U(±1/√n), + 1.5 at the forget gate")
    let zeroed = LSTM(3, 1, forgetBias: 2, initializer: .heNormal)
    #expect(values(zeroed)["cell.input.bias"] == [0, 2, 0, 0])
  }

  /// Without a bias of the forget gate, gradients of the first cell state fade; with a large one they don't.
  @Test func aForgetBiasLetsGradientsReachFurther() throws {
    func ratio(_ forgetBias: Float) throws -> Float {
      let layer = LSTM(2, 16, forgetBias: forgetBias)
      layer.initialize(seed: 5)
      let x = Tensor(sampleValues(3 * 20 * 2), shape: [3, 20, 2])
      let captured = try layer.capture("cell.memory") { layer(x) }
      captured.result.sliced(1, 19..<20).sum().backward()
      let calls = captured.calls("cell.memory")
      #expect(calls.count == 20 && calls.map(\.site.callIndex) == Array(0..<20))
      return try #require(calls.first?.gradient).rms / #require(calls.last?.gradient).rms
    }
    let (plain, biased) = (try ratio(0), try ratio(5))
    #expect(plain < 1e-3 && biased > 0.5, "\(plain), \(biased)")
  }

  /// Each sequence begins with zeros.
  @Test func noStateStaysAfterACall() {
    let layer = LSTM(2, 3), x = Tensor(sampleValues(20), shape: [2, 5, 2])
    layer.initialize(seed: 1)
    let first = layer(x)
    #expect(layer.cell.lastMemory == nil && layer(x).values == first.values)
    // The state after some steps depends on these alone, and on their sample alone.
    let start = layer(x.sliced(1, 0..<3)), one = layer(x.sliced(0, 1..<2))
    #expect(start.values == first.sliced(1, 0..<3).values)
    #expect(relativeDifference(one.values, first.sliced(0, 1..<2).values) < 1e-6)
  }

  /// A cell that is called by hand keeps its memory until it is cleared.
  @Test func cellsCalledByHandComputeTheLayersSteps() {
    let lstm = LSTM(2, 3), gru = GRU(2, 3), x = Tensor(sampleValues(20), shape: [2, 5, 2])
    lstm.initialize(seed: 1)
    gru.initialize(seed: 1)
    func byHand(_ cell: Module) -> [Float] {
      var h = Tensor(repeating: 0, shape: [2, 3])
      let states = (0..<5).map { step in
        h = cell(x.sliced(1, step..<step + 1).reshaped(2, 2), h)
        return h
      }
      return concatenated(states, axis: 1).values
    }
    let expected = lstm(x).values
    #expect(byHand(lstm.cell) == expected && byHand(lstm.cell) != expected)
    lstm.cell.lastMemory = nil
    #expect(byHand(lstm.cell) == expected && byHand(gru.cell) == gru(x).values)
  }

  /// With states as arguments, each step may be `checkpointed`.
  @Test(arguments: [false, true]) func statesAreHandedOn(isCheckpointed: Bool) {
    let lstm = LSTM(2, 3), x = Tensor(sampleValues(20), shape: [2, 5, 2])
    lstm.initialize(seed: 1)
    let y = lstm([x])
    (y[1].squared() + y[2]).sum().backward()
    let expected = lstm.parameters.map { $0.parameter.gradient!.values }
    lstm.zeroGradients()
    var states = [Tensor(repeating: 0, shape: [2, 3]), Tensor(repeating: 0, shape: [2, 3])]
    for step in 0..<5 {
      let x = x.sliced(1, step..<step + 1).reshaped(2, 2), before = states
      func next() -> Tensor { stacked(lstm.cell([x] + before)) }
      let after = isCheckpointed ? checkpointed(next) : next()
      states = [0, 1].map { after.sliced(0, $0..<$0 + 1).reshaped([2, 3]) }
    }
    #expect(lstm.cell.lastMemory == nil)
    #expect(relativeDifference(states[1].values, y[2].values) < 1e-6)
    (states[0].squared() + states[1]).sum().backward()
    for ((path, parameter), expected) in zip(lstm.parameters, expected) {
      #expect(relativeDifference(parameter.gradient!.values, expected) < 1e-5, "\(path)")
    }
  }

  /// The state that a cell keeps would be another when the body is computed again.
  @Test func aKeptStateInACheckpointStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let cell = LSTMCell(2, 3)
      cell.initialize(seed: 1)
      let x = Tensor(repeating: 1, shape: [1, 2])
      _ = checkpointed { cell(x, Tensor(repeating: 0, shape: [1, 3])) }
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      text.contains("LSTMCell: a checkpointed body is computed twice, and the cell keeps its state; call it as"),
      "\(text)")
  }

  /// Hooks see each step as a call of the cell, may replace it, and replacements reach later steps.
  @Test func hooksSeeEachStep() throws {
    let net = Sequential(LSTM(2, 3), GRU(3, 4))
    net.initialize(seed: 1)
    let x = Tensor(sampleValues(20), shape: [2, 5, 2]), plain = net(x).values
    var seen: [String] = []
    let handle = try net.onForward("*.cell") { site, output in
      seen.append("\(site.path) \(site.callIndex) \(output.shape)")
      return site.path == "0.cell" && site.callIndex == 3 ? output * 2 : nil
    }
    let changed = net(x).values
    handle.remove()
    #expect(
      seen == (0..<5).map { "0.cell \($0) [2, 3]" } + (0..<5).map { "1.cell \($0) [2, 4]" })
    for index in plain.indices { #expect((plain[index] == changed[index]) == (index % 20 < 12), "\(index)") }
  }

  /// Values and gradients are the same bits with checkpoints.
  @Test func checkpointsChangeNothing() {
    func results(_ checkpointed: Bool) -> [[Float]] {
      let net = Sequential([LSTM(2, 3), GRU(3, 4), LSTM(4, 2)], checkpointed: checkpointed)
      net.initialize(seed: 1)
      let x = Tensor(sampleValues(20), shape: [2, 5, 2]).requiringGradient(), y = net(x)
      y.squared().sum().backward()
      return [y.values, x.gradient!.values] + net.parameters.map { $0.parameter.gradient!.values }
    }
    #expect(results(true) == results(false))
  }

  @Test func emptyBatches() {
    for layer in [RNN(2, 3), LSTM(2, 3), GRU(2, 3)] as [Module] {
      layer.initialize(seed: 1)
      #expect(layer(Tensor([], shape: [0, 5, 2])).shape == [0, 5, 3])
    }
  }

  @Test func theDescriptionShowsSizes() {
    #expect(LSTM(2, 3).details == "2 → 3" && GRU(4, 5).cell.details == "4 → 5")
  }
}
