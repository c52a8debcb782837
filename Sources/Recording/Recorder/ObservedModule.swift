import Autodiff
import NeuralNetworks

/// A module that a recorder observes.
final class ObservedModule: CallObserver {
  let module: Module
  /// The path in the model.
  let path: String
  /// The indices of the recorder's probes that observe it.
  let probes: [Int]
  /// The layer of each call.
  var calls: Calls
  private let recorder: WeakRecorder

  init(_ module: Module, _ path: String, _ probes: [Int], _ calls: Calls, _ recorder: WeakRecorder) {
    (self.module, self.path, self.probes, self.calls, self.recorder) = (module, path, probes, calls, recorder)
  }

  func observe(output: Tensor, of input: Tensor, callIndex: Int, isLayer: Bool) {
    recorder.observer?.observe(output: output, input: input, callIndex: callIndex, isLayer: isLayer, of: self)
  }

  func observe(gradient: Tensor, callIndex: Int) {
    if let observer = recorder.observer, let layer = calls[callIndex] {
      observer.observe(gradient: gradient, of: layer)
    }
  }

  /// Layers by call index. Most modules have only call 0; calls without a tape have indices too, so the first layer may have a
  /// larger one.
  struct Calls {
    private var first: ProbedLayer?
    private var others: [Int: ProbedLayer] = [:]

    subscript(callIndex: Int) -> ProbedLayer? {
      get { callIndex == 0 ? first : others[callIndex] }
      set { if callIndex == 0 { first = newValue } else { others[callIndex] = newValue } }
    }
  }
}
