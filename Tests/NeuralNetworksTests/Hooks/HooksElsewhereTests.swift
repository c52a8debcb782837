import Autodiff
import NeuralNetworks
import TestSupport
import Testing

/// Faults of hooks that other frameworks' issues report, as far as no other suite has the test. The article on hooks has the table.
@Suite struct HooksElsewhereTests {
  private func net() -> Sequential {
    let net = Sequential(Linear(5, 5), Tanh(), Linear(5, 5), Residual(Tanh(), Linear(5, 5)))
    net.initialize(seed: 1)
    return net
  }

  /// pytorch/pytorch 57157: gradients with respect to an output inside the model, from a hook, at a module with hooks on gradients.
  @Test(arguments: HookKind.allCases) func gradientsOfHookedOutputs(_ place: HookKind) throws {
    func gradient(_ isHooked: Bool) throws -> [Float] {
      let net = net()
      if isHooked { try net.onCall("1", at: place) { call in call.tensors[0] = call.tensors[0]! * 1 } }
      let captured = try net.capture("1") { net(samples(4, 5)).sum() }
      return gradients(of: captured.result, withRespectTo: [captured["1"]!.activation])[0].values
    }
    #expect(try gradient(true) == gradient(false))
  }

  /// ndif-team/nnsight 398: hooks that observe change nothing, in whatever order they are attached.
  @Test func orderOfObserversDoesNotChangeResults() throws {
    func results(_ paths: [String], _ options: HookOptions) throws -> ([Float], [[Float]]) {
      let net = net()
      for path in paths {
        try net.onForward(path, options: options) { _, output in
          _ = output.values
          return nil
        }
        try net.onCall(path, at: .outputGradient, options: options) { _ = $0.tensors[0]?.values }
        try net.onCall(path, at: .input, options: options) { _ = $0.tensors[0]?.values }
      }
      let output = net(samples(4, 5))
      output.sum().backward()
      return (output.values, net.parameters.map { $0.parameter.gradient!.values })
    }
    let plain = try results([], []), paths = ["0", "1", "2", "3", "3.1", ""]
    for options: HookOptions in [[], .first] {
      for order in [paths, paths.reversed()] { #expect(try results(order, options) == plain) }
    }
  }
}
