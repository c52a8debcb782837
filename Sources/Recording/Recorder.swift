import Autodiff
import CKernels
import Foundation
import NeuralNetworks
import RunFile

/// Watches a training loop: every module's output, the gradient that comes back to it, and what the optimizer does to its
/// weight, at every step, into a run file.
///
/// Call `step(loss:)` once after each `optimizer.step()`, and `finish()` at the end. Only passes that can be differentiated
/// count, so evaluating inside `withoutGradients { }` leaves no trace; of several passes before one step the last counts.
/// A recorder looks and never touches: losses are bit-identical to those without it.
///
///     let recorder = try Recorder(model, optimizer, writingTo: "run.rheo")
///     for batch in batches {
///       let loss = crossEntropy(model(batch.inputs), batch.labels)
///       loss.backward()
///       optimizer.step()
///       try recorder.step(loss: loss)
///     }
///     let run = try recorder.finish()
public final class Recorder {
  private let writer: RunWriter
  private let optimizer: Optimizer
  private let notice: (String) -> Void
  private let clock: () -> Double
  private let started: Double
  private var handles: [HookHandle] = []
  private var sites: SiteTable
  private var rows: [LayerRow] = []
  private var stepNumber = 0
  private var lastOutput: Tensor?
  private var updatesComeLate = false
  private var haveNotified: Set<Notice> = []

  private enum Notice: Hashable { case nonfinite, order }

  /// A recorder of `model` as `optimizer` trains it. `meta` is kept in the file beside the format's own entries, such as
  /// `experiment`, `variant` and `seed`. `notice` is told, once each, what the user should know; it writes to standard error
  /// unless it is given. `clock` tells seconds.
  public init(
    _ model: Module, _ optimizer: Optimizer, writingTo path: String, meta: [String: String] = [:],
    notice: ((String) -> Void)? = nil, clock: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime }
  ) throws {
    writer = try RunWriter(path: path, meta: meta.merging(["model": model.description]) { given, _ in given })
    self.optimizer = optimizer
    self.notice = notice ?? { text in FileHandle.standardError.write(Data("rheoscope: \(text)\n".utf8)) }
    self.clock = clock
    started = clock()
    sites = SiteTable(model)
    for (path, module) in model.modules {
      // The places of the module's calls, so that the table is asked once for each and not at every step.
      var places: [SiteTable.Place] = []
      handles.append(
        module.watch(
          as: path,
          forward: { [unowned self] site, output in
            guard output.isOnTape || isInCheckpoint, output !== lastOutput else { return nil }
            // A container's output is often its last child's: the same tensor is the same site.
            lastOutput = output
            if site.callIndex >= places.count {
              places.append(sites.place(of: module, callIndex: site.callIndex, path: site.path, shape: output.shape))
            }
            watch(output, at: places[site.callIndex])
            return nil
          },
          backward: { [unowned self] site, gradient in
            if site.callIndex < places.count { watch(gradient: gradient, at: places[site.callIndex]) }
            return nil
          }))
    }
    optimizer.observers.append { [unowned self] parameter, norms in note(norms, of: parameter) }
  }

  /// Ends a step: everything since the last one becomes its rows. Throws if the run file can no longer be written; what was
  /// recorded before is kept.
  public func step(loss: Tensor, accuracy: Double? = nil) throws {
    let value = Double(loss.value)
    if !value.isFinite { noticeNonfinite("the loss is \(value)", at: nil) }
    let learningRate = Double(optimizer.learningRate)
    let finished = StepRow(
      step: stepNumber, loss: value, accuracy: accuracy, learningRate: learningRate, seconds: clock() - started)
    if let new = sites.takeNew() { try writer.define(sites: new) }
    try writer.append(step: finished, layers: rows.filter { $0.step == stepNumber })
    stepNumber += 1
    lastOutput = nil
  }

  /// Ends the recording and opens what was written. The model is left without hooks.
  public func finish(meta: [String: String] = [:]) throws -> Run {
    detach()
    return try writer.finish(meta: meta)
  }

  private func detach() {
    for handle in handles { handle.remove() }
    handles = []
    optimizer.observers.removeAll()
  }

  deinit { detach() }

  // MARK: What the hooks see

  private func watch(_ output: Tensor, at place: SiteTable.Place) {
    while rows.count <= place.row { rows.append(LayerRow(step: -1, site: rows.count)) }
    rows[place.row] = LayerRow(step: stepNumber, site: place.row)
    output.noteActivation(in: &rows[place.row], saturated: place.saturation)
    if rows[place.row][.nonfiniteCount] != 0 { noticeNonfinite("an activation is not finite", at: place) }
  }

  private func watch(gradient: Tensor, at place: SiteTable.Place) {
    gradient.noteGradient(in: &rows[place.row])
    if rows[place.row][.gradientNonfiniteCount] != 0 { noticeNonfinite("a gradient is not finite", at: place) }
  }

  private func note(_ norms: step_norms, of parameter: Parameter) {
    guard let row = sites.row(ofWeight: parameter), row < rows.count else { return }
    guard rows[row].step == stepNumber else {
      if haveNotified.insert(.order).inserted {
        notice("optimizer.step() came after recorder.step(), so weights and updates are not recorded; call it before")
      }
      return
    }
    rows[row][.weightNorm] = norms.weight.squareRoot()
    rows[row][.weightGradientNorm] = norms.gradient.squareRoot()
    rows[row][.weightGradientMax] = Double(norms.largest_gradient)
    rows[row][.updateNorm] = norms.update.squareRoot()
  }

  private func noticeNonfinite(_ what: String, at place: SiteTable.Place?) {
    guard haveNotified.insert(.nonfinite).inserted else { return }
    let layer = place.map { " at \($0.path)" } ?? ""
    notice("\(what) at step \(stepNumber)\(layer); recording goes on")
    try? writer.event(step: stepNumber, site: place?.row, kind: "nonfinite", text: what)
  }
}
