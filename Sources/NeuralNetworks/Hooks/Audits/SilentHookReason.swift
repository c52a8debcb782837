/// The likely reason why a hook was never called.
enum SilentHookReason {
  /// Neither the model nor the hook's module was called.
  case nothingCalled(waitsForGradient: Bool)
  /// The model was called but not the hook's module.
  case notCalled
  /// The module was not called, but its parameters were used or modules in it were called.
  case forwardByHand
  /// The `withHooks` that attached it ended before the first gradient arrived.
  case scopeIsOver
  /// A gradient reached the model's output but not the hook's tensor.
  case noGradient
  /// Backward passes did not reach the model's output.
  case gradientElsewhere(outputIsOnTape: Bool)
  /// Parts of the model were called but not the model itself.
  case onlyPartsCalled(waitsForGradient: Bool)

  /// The reason, as a part of a sentence.
  var text: String {
    switch self {
    case .nothingCalled(let waitsForGradient):
      "nothing called it while the hook was attached"
        + (waitsForGradient ? "; attach a hook on gradients before the forward pass" : "")
    case .notCalled:
      "the model was called but not this module: no forward uses it, or it was replaced after the hook was attached"
    case .forwardByHand:
      "its forward was called by hand, since its parameters or the modules in it were used without a call of it; write module(x) "
        + "instead of module.forward(x)"
    case .scopeIsOver:
      "withHooks ended before backward() was called; call backward() inside of withHooks too"
    case .noGradient:
      "a gradient reached the model's output but not the hook's tensor: the loss does not use that tensor, or it is data, or it was "
        + "computed without gradients"
    case .gradientElsewhere(outputIsOnTape: false):
      "gradients were computed after the model was called, but none can reach its output: it was called inside "
        + "withoutGradients { }, or nothing in it needs a gradient"
    case .gradientElsewhere(outputIsOnTape: true):
      "gradients were computed after the model was called, but none reached its output: it is detached before the loss, or "
        + "the loss does not use it"
    case .onlyPartsCalled(let waitsForGradient):
      "parts of the model are called but never the model itself, and "
        + (waitsForGradient ? "no gradient reached it" : "nothing called this module")
    }
  }
}
