import Autodiff
import NeuralNetworks

/// The model that is trained, as probes have it to call: from when one first asks for it until it is put back, its hooks are aside.
final class UnhookedModel {
  private let model: Module
  private let warnings: RecordingWarnings
  private var aside: SuspendedHooks?
  /// Whether the training loop calls it with a list.
  @exclusivity(unchecked) var isCalledWithList = false
  /// Whether its input names rows of tables; nil before anyone has asked.
  var takesIndices: Bool?

  init(_ model: Module, _ warnings: RecordingWarnings) { (self.model, self.warnings) = (model, warnings) }

  /// The model without its hooks.
  func withoutHooks() -> Module {
    guard aside == nil else { return model }
    let aside = SuspendedHooks(of: model)
    self.aside = aside
    if let path = aside.replacing.first {
      warnings.once(
        "probes that call the model run it without its hooks, so what the hook at \(path.isEmpty ? "the model" : "“\(path)”") "
          + "puts in the place of values has no part in what they find")
    }
    return model
  }

  /// Gives the hooks back.
  func putBack() {
    aside?.restore()
    aside = nil
  }

  /// The loss, or the mean of several, computed again; statistics and streams of random numbers stay as they are.
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
