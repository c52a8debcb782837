import Rheoscope
import Testing

/// The code of the article on hooks.
private func useHooks(_ model: Sequential, _ x: Tensor, _ optimizer: SGD) throws -> [String] {
  var seen: [String] = []
  // begin
  // See the output of every layer.
  let handle = try model.onForward("**") { site, output in
    seen.append("\(site.path) \(output.shape)")
    return nil
  }

  // Replace a gradient: dL/d(output) of block 1 is halved before it goes on.
  let halving = try model.onBackward("1") { site, gradient in gradient * 0.5 }

  // See each parameter's gradient, and the optimizer before its step.
  let parameters = try model.onParameterGradient("**.weight") { site, gradient in
    seen.append("gradient of \(site.path)")
    return nil
  }
  let before = optimizer.beforeStep { optimizer in seen.append("step \(optimizer.stepCount)") }

  model(x).sum().backward()
  optimizer.step()

  for hook in [handle, halving, parameters, before] { hook.remove() }
  // end
  return seen
}

/// The code of the article on all tensors of a call: the key is replaced by the query.
private func replaceByName(_ x: Tensor) throws -> Tensor {
  // begin call
  final class Scores: Module {
    override var inputNames: [String]? { ["query", "key"] }

    override func forward(_ query: Tensor, _ key: Tensor) -> Tensor { query * key }
  }
  let scores = Scores()
  try scores.onCall("", at: .input) { call in
    call.tensors["key"] = call.tensors["query"]
  }
  let squares = scores(x, Tensor(repeating: 0, shape: x.shape))
  // end call
  return squares
}

/// The code of the article on hooks that throw.
private func throwFromHook(_ model: Sequential, _ x: Tensor) throws -> Tensor {
  // begin throwing
  struct TooLarge: Error { let path: String }

  try model.onForward("**") { site, output in
    guard output.rms < 1e3 else { throw TooLarge(path: site.path) }
    return nil
  }
  let output = try withThrowingHooks { model(x) }
  // end throwing
  return output
}

/// The code of the article on captured tensors.
private func captureTensors(_ model: Sequential, _ x: Tensor) throws -> (output: Tensor, gradient: Tensor) {
  // begin capture
  let captured = try model.capture("1") { model(x).sum() }
  captured.result.backward()
  let output = captured["1"]!.activation
  let gradient = captured["1"]!.gradient!
  // end capture
  return (output, gradient)
}

@Suite struct HookTests {
  private func net() -> Sequential {
    let model = Sequential(Linear(4, 8), Residual(ReLU(), Linear(8, 8)), Linear(8, 2))
    model.initialize(seed: 1)
    return model
  }

  @Test func seeAndReplace() throws {
    let model = net(), x = Tensor(repeating: 0.5, shape: [3, 4])
    let seen = try useHooks(model, x, SGD(model, learningRate: 0.1))
    #expect(seen.contains("0 [3, 8]") && seen.contains("gradient of 2.weight") && seen.last == "step 0")
    #expect(try captureTensors(model, x).output.shape == [3, 8])
    #expect(try replaceByName(x).values == [Float](repeating: 0.25, count: 12))
    #expect(try throwFromHook(model, x).shape == [3, 2])
    #expect(throws: (any Error).self) { try throwFromHook(model, x * 1e6) }
  }

  @Test func aReplacedGradientGoesOn() throws {
    let x = Tensor(repeating: 0.5, shape: [3, 4])
    func firstGradient(halved: Bool) throws -> [Float] {
      let model = net()
      let hook = halved ? try model.onBackward("1") { _, gradient in gradient * 0.5 } : nil
      model(x).sum().backward()
      hook?.remove()
      return model.parameters[0].parameter.gradient!.values
    }
    #expect(try firstGradient(halved: true) == firstGradient(halved: false).map { $0 * 0.5 })
  }

  @Test func aPatternThatFitsNothingThrows() {
    #expect(throws: HookError.self) { try net().onForward("9") { _, _ in nil } }
  }
}
