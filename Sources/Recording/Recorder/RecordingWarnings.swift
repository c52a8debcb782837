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
  /// The kind of event is `warning` by default.
  func warnOnce(_ text: String, key: String? = nil, kind: EventKind = .warning) {
    guard warned.insert(key ?? String(text.prefix(40))).inserted else { return }
    warn(text)
    // The warning is printed already where the file can no longer be written.
    try? writer.event(step: step, kind: kind, text: text)
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

  /// Warns of the first part that was missing; `reason` tells why there was no update.
  func warnMissing(_ seen: Parts, step: Int, update reason: () -> String) {
    if !seen.forward {
      // Where forward was called by hand, that is said already.
      guard !warned.contains(Self.byHandKey) else { return }
      warnOnce(
        "the model was not called with gradients before recorder.step() in step \(step), so its layers are not recorded; call "
          + "the model outside of withoutGradients")
    } else if !seen.backward {
      warnOnce(
        "no gradient reached the model before recorder.step() in step \(step), so gradients are not recorded; call "
          + "loss.backward() before recorder.step()")
    } else if !seen.update, !warned.contains(Self.updateKey) {
      warnOnce(reason(), key: Self.updateKey)
    }
  }

  private static let byHandKey = "forward by hand", updateKey = "no update"

  /// Warns of modules whose parameters got gradients in the first recorded step although the modules were not called.
  func warnForwardByHand(_ paths: [String], step: Int) {
    guard !paths.isEmpty else { return }
    let isOne = paths.count == 1
    warnOnce(
      "forward of \(listed(paths.map(Self.named))) was called by hand in step \(step): \(isOne ? "its" : "their") parameters got "
        + "gradients, but \(isOne ? "it was" : "they were") not called as \(isOne ? "a module" : "modules"), so not recorded; write "
        + "module(x) instead of module.forward(x)",
      key: Self.byHandKey, kind: .setupWarning)
  }

  /// Warns of modules that were not called in the first recorded step although modules inside them were.
  func warnOnlyParts(_ paths: [String], step: Int) {
    guard !paths.isEmpty else { return }
    let isOne = paths.count == 1
    warnOnce(
      "modules inside \(listed(paths)) were called in step \(step), but \(isOne ? "it was" : "they were") not, so \(isOne ? "its" : "their") "
        + "outputs are not recorded: forward was called by hand, or only parts are used; write module(x) instead of module.forward(x)",
      key: "only parts called")
  }

  /// Warns of modules with parameters that were not called with gradients in the first recorded step: those that `withoutTape` lists were
  /// called inside `withoutGradients`, others not at all.
  func warnUncalled(_ paths: [String], withoutTape: [String], step: Int) {
    func warn(_ paths: [String], _ problem: String, key: String) {
      guard !paths.isEmpty else { return }
      let (have, are) = paths.count == 1 ? ("has", "was") : ("have", "were")
      warnOnce("\(listed(paths.map(Self.named))) \(have) parameters but \(are) \(problem)", key: key)
    }
    warn(
      withoutTape,
      "called inside withoutGradients in step \(step), so not recorded, and no gradient reaches the parameters; call the module "
        + "outside of it", key: "called without gradients")
    warn(
      paths,
      "not called in step \(step), so not recorded, and no gradient reaches the parameters; call the module in forward, or remove it",
      key: "not called")
  }

  private static func named(_ path: String) -> String { path.isEmpty ? "the model" : path }

  /// Warns of parameters that get gradients but are in no optimizer. Where rules of the diagnosis don't know it, the event is a warning of
  /// the kind that they report.
  func warnUnheld(_ paths: [String], isKnownToRules: Bool) {
    guard !paths.isEmpty else { return }
    let isOne = paths.count == 1
    warnOnce(
      "\(listed(paths)) \(isOne ? "gets a gradient but is" : "get gradients but are") in no optimizer, so \(isOne ? "it keeps its" : "they keep their") "
        + "first values; make the optimizer from the whole model, after its last change",
      key: "in no optimizer", kind: isKnownToRules ? .setupWarning : .warning)
  }

  /// Warns of parameters that several optimizers hold.
  func warnShared(_ paths: [String]) {
    guard !paths.isEmpty else { return }
    warnOnce(
      "\(listed(paths)) \(paths.count == 1 ? "is" : "are") in several optimizers, so each of their steps changes "
        + "\(paths.count == 1 ? "it" : "them"); make the optimizers from parts of the model that do not overlap",
      key: "in several optimizers", kind: .setupWarning)
  }

  /// Warns of parameters that get gradients but are in no module of the model.
  func warnStrangers(_ strangers: [FirstStep.Stranger]) {
    guard !strangers.isEmpty else { return }
    let isOne = strangers.count == 1
    let each = strangers.prefix(3).map { parameter, operation in
      "\(parameter.shape)" + (operation.map { ", used by \($0)" } ?? "")
    }
    warnOnce(
      "\(counted(strangers.count, "parameter")) \(isOne ? "gets a gradient but belongs" : "get gradients but belong") to no module of the recorded "
        + "model, so \(isOne ? "it is" : "they are") not recorded, and an optimizer of the model does not train \(isOne ? "it" : "them"): of shape "
        + each.joined(separator: "; of shape ") + (strangers.count > 3 ? "; and \(strangers.count - 3) more" : "")
        + "; hold the module in a property of a module of the model, since those in a plain class or a closure are not found",
      key: "strangers")
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
