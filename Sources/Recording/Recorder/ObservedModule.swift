import Autodiff
import NeuralNetworks

/// A module as a recorder watches it.
final class WatchedModule: CallObserver {
  let module: Module
  /// The path in the model.
  let path: String
  /// Which of the recorder's probes watch it.
  let probes: [Int]
  /// The layers that its calls are.
  var calls = Calls()
  private let recorder: WeakRecorder

  init(_ module: Module, _ path: String, _ probes: [Int], _ recorder: WeakRecorder) {
    (self.module, self.path, self.probes, self.recorder) = (module, path, probes, recorder)
  }

  func observe(output: Tensor, of input: Tensor, callIndex: Int) {
    recorder.observer?.observe(output: output, input: input, callIndex: callIndex, of: self)
  }

  func observe(gradient: Tensor, callIndex: Int) {
    if let observer = recorder.observer, let layer = calls[callIndex] { observer.observe(gradient: gradient, of: layer) }
  }

  /// Layers by the number of the call. Those of calls that are off the tape have numbers too, so they need not begin at 0; most
  /// modules have that one alone.
  struct Calls {
    private var first: ProbedLayer?
    private var others: [Int: ProbedLayer] = [:]

    subscript(callIndex: Int) -> ProbedLayer? {
      get { callIndex == 0 ? first : others[callIndex] }
      set { if callIndex == 0 { first = newValue } else { others[callIndex] = newValue } }
    }
  }
}
