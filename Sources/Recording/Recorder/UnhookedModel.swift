import Autodiff
import NeuralNetworks

/// The trained model as probes call it: its hooks are suspended from the first access until `restoreHooks()`.
final class UnhookedModel {
  private let model: Module
  private let warnings: RecordingWarnings
  private var suspended: SuspendedHooks?
  /// Whether the training loop calls it with a list.
  @exclusivity(unchecked) var isCalledWithList = false
  /// Whether its input holds token indices; nil before it was tested.
  var takesIndices: Bool?

  init(_ model: Module, _ warnings: RecordingWarnings) { (self.model, self.warnings) = (model, warnings) }

  /// The model without its hooks.
  func withoutHooks() -> Module {
    guard suspended == nil else { return model }
    let suspended = SuspendedHooks(of: model)
    self.suspended = suspended
    if let path = suspended.replacing.first { warnings.warnHookIsSuspended(at: path) }
    return model
  }

  /// Restores the hooks.
  func restoreHooks() {
    suspended?.restore()
    suspended = nil
  }

  /// The loss, or the mean of several, computed again; running statistics and random streams are restored.
  func lossAgain(_ compute: () -> Tensor) -> Tensor {
    withoutHooks().withStateRestored {
      let losses = compute()
      return losses.elementCount == 1 ? losses : losses.mean()
    }
  }

  /// The output for an input, called as the training loop does.
  func output(for input: Tensor) -> Tensor {
    let model = withoutHooks()
    return isCalledWithList ? model([input])[0] : model(input)
  }
}
