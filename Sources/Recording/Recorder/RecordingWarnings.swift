import Foundation
import NeuralNetworks
import RunFile
import Support

/// The warnings of a recorder. Each is printed once, and is an event of the run file.
final class RecordingWarnings {
  private let writer: RunWriter
  private let warn: (String) -> Void
  /// The current step.
  @exclusivity(unchecked) var step = 0
  /// The keys of warnings that were printed.
  var warned: Set<String> = []

  init(_ writer: RunWriter, warn: ((String) -> Void)?) {
    self.writer = writer
    self.warn = warn ?? warnOnStandardError
  }

  /// Prints and records a warning, unless one with the same key was printed; the key is by default the first 40 characters.
  func warnOnce(_ text: String, key: String? = nil) {
    guard warned.insert(key ?? String(text.prefix(40))).inserted else { return }
    warn(text)
    // The warning is printed already where the file can no longer be written.
    try? writer.event(step: step, kind: .warning, text: text)
  }

  /// Prints and records the first value that is not finite.
  func reportNonfinite(_ what: String, at layer: ProbedLayer?, step: Int) {
    guard warned.insert("nonfinite").inserted else { return }
    warn("\(what) at step \(step)\(layer.map { " at \($0.path)" } ?? ""); recording continues")
    try? writer.event(step: step, site: layer?.index, kind: .nonfinite, text: what)
  }

  /// Records that a step was skipped. This is no warning: a loss scaler finds its scale so.
  func recordSkip(atScale scale: Float, step: Int) throws {
    try writer.event(
      step: step, kind: .skipped,
      text: "skipped step: gradients overflowed at loss scale \(String(format: "%g", scale))")
  }

  func warnNoSteps() { warnOnce("no step is recorded; call recorder.step(loss:) after each optimizer.step()") }

  func warnObservedTooLate(_ name: String) {
    warnOnce("“\(name)” was observed after recorder.finish(), so it is not recorded", key: "observed too late")
  }

  func warnNoLossAgain() {
    warnOnce(
      "a probe needs to compute the loss of the step again and can't, so it records nothing; give recorder.step(loss:again:) a "
        + "closure that computes the loss")
  }

  func warnHookIsSuspended(at path: String) {
    warnOnce(
      "probes call the model without its hooks, so their results ignore the values that the hook at "
        + "\(path.isEmpty ? "the model" : "“\(path)”") replaces")
  }

  /// The parts of a training step that came before `Recorder.step`.
  typealias Parts = (forward: Bool, backward: Bool, update: Bool)

  /// Warns of the first part that was missing.
  func warnMissing(_ seen: Parts, step: Int) {
    if !seen.forward {
      warnOnce(
        "the model was not called with gradients before recorder.step() in step \(step), so its layers are not recorded; call "
          + "the model outside of withoutGradients")
    } else if !seen.backward {
      warnOnce(
        "no gradient reached the model before recorder.step() in step \(step), so gradients are not recorded; call "
          + "loss.backward() before recorder.step()")
    } else if !seen.update {
      warnOnce(
        "optimizer.step() was not called between backward() and recorder.step() in step \(step), so weights and updates are not "
          + "recorded; call it before recorder.step()")
    }
  }

  /// Warns of modules with parameters that were not called with gradients in the first recorded step: those that `withoutTape` lists were
  /// called inside `withoutGradients`, others not at all, or their forward method was called.
  func warnUncalled(_ paths: [String], withoutTape: [String], step: Int) {
    func warn(_ paths: [String], _ problem: String, key: String) {
      guard !paths.isEmpty else { return }
      let (have, are) = paths.count == 1 ? ("has", "was") : ("have", "were")
      warnOnce("\(listed(paths)) \(have) parameters but \(are) \(problem)", key: key)
    }
    warn(
      withoutTape,
      "called inside withoutGradients in step \(step), so not recorded, and no gradient reaches the parameters; call the module "
        + "outside of it", key: "called without gradients")
    warn(
      paths.filter { !withoutTape.contains($0) },
      "not called in step \(step), so not recorded; call the module as a function, module(x), and not its forward method",
      key: "not called")
  }

  /// Warns of modules that replaced others or were added, and records it.
  func warnReplaced(_ paths: [String], step: Int) {
    guard !paths.isEmpty else { return }
    warnOnce(
      "\(listed(paths)) \(paths.count == 1 ? "is a new module" : "are new modules") of the model, recorded as new sites from step "
        + "\(step) on; to train them, make a new optimizer and a new recorder",
      key: "replaced at \(step)")
    try? writer.event(step: step, kind: .replaced, text: "new in the model: \(paths.joined(separator: ", "))")
  }
}
