import Foundation
import NeuralNetworks
import RunFile
import Support

/// What a recorder tells its user, each thing once.
final class RecordingWarnings {
  private let writer: RunWriter
  private let warn: (String) -> Void
  private var warned: Set<String> = []

  init(_ writer: RunWriter, warn: ((String) -> Void)?) {
    self.writer = writer
    self.warn = warn ?? warnOnStandardError
  }

  /// Tells something about a subject, by default its first words, that nobody has been told about before.
  func once(_ text: String, about subject: String? = nil) {
    if warned.insert(subject ?? String(text.prefix(40))).inserted { warn(text) }
  }

  /// Tells, and writes into the run file, that something is not finite; only the first time.
  func nonfinite(_ what: String, at layer: ProbedLayer?, step: Int) {
    guard warned.insert("nonfinite").inserted else { return }
    warn("\(what) at step \(step)\(layer.map { " at \($0.path)" } ?? ""); recording goes on")
    try? writer.event(step: step, site: layer?.index, kind: .nonfinite, text: what)
  }

  /// Writes into the run file that a step was skipped, which is how a scale of the loss is found.
  func skipped(atScale scale: Float, step: Int) throws {
    try writer.event(
      step: step, kind: .skipped,
      text: "skipped step: gradients overflowed at loss scale \(String(format: "%g", scale))")
  }

  /// Tells that nothing was recorded.
  func noSteps() { once("no step is recorded; call recorder.step(loss:) after each optimizer.step()") }

  /// Tells that a loss can't be computed again.
  func noLossAgain() {
    once(
      "a probe of the loss's curvature has nothing to compute it from; give recorder.step(loss:again:) a closure that computes "
        + "the loss again")
  }

  /// What a step has had: a forward pass, a backward pass, an optimizer's step.
  typealias Parts = (forward: Bool, backward: Bool, update: Bool)

  /// Tells what did not come before a step was recorded.
  func missing(_ seen: Parts, step: Int) {
    if !seen.forward {
      once(
        "no call of the model that can be differentiated came before recorder.step() in step \(step), so its layers are not "
          + "recorded")
    } else if !seen.backward {
      once(
        "no gradient reached the model before recorder.step() in step \(step), so gradients are not recorded; call "
          + "loss.backward() before")
    } else if !seen.update {
      once(
        "optimizer.step() did not come between backward() and recorder.step() in step \(step), so weights and updates are "
          + "not recorded; call it before")
    }
  }

  /// Names modules with parameters that took no part in the first recorded step.
  func uncalled(_ paths: [String], step: Int) {
    guard !paths.isEmpty else { return }
    once(
      "\(listed(paths)) \(paths.count == 1 ? "has" : "have") parameters but took no part in step \(step) as a module, so not "
        + "recorded: no forward calls it, part(x), or it is only called without gradients")
  }

  /// Names parts of the model that are others than before.
  func replaced(_ paths: [String], step: Int) {
    guard !paths.isEmpty else { return }
    let (have, are) = paths.count == 1 ? ("has", "is a new row") : ("have", "are new rows")
    once(
      "\(listed(paths)) \(have) taken the place of other parts of the model and \(are) from step \(step) on; an optimizer that is "
        + "to train them must be made anew, and a recorder with it",
      about: "replaced at \(step)")
  }
}
