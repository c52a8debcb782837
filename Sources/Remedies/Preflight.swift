import Autodiff
import Diagnosis
import NeuralNetworks
import Recording
import RunFile
import Support

/// One forward and one backward pass of a model before training: what will keep it from learning.
public struct Preflight: Sendable {
  /// The loss.
  public let loss: Double
  /// The RMS of dL/d(output) over depth, or over the calls of a recurrent cell; nil if no gradient reaches a layer.
  public let profile: GradientProfile?
  /// What was found, causes first.
  public let findings: [Finding]

  /// Runs `loss`, which computes the loss of a batch, a scalar, by calling the model, and its backward pass.
  ///
  /// Gradients, running statistics and random streams are restored afterwards, and weights don't change. A recorder of the training does
  /// not see the passes, also in the middle of a step. Throws a `RunFileError` if no
  /// temporary file can be written, and what `loss` throws. Stops the program if the loss has other than one element, or does not depend on
  /// the model.
  public init(_ model: Module, rules: [any Rule] = .beforeTraining, loss: () throws -> Tensor) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let gradients = model.parameters.map { ($0.parameter, $0.parameter.gradient) }
    defer { for (parameter, gradient) in gradients { parameter.gradient = gradient } }
    // A recorder of the training must not take this pass for one of its own.
    let run = try OperationWatch.withoutWatches {
      try model.withStateRestored {
        for (parameter, _) in gradients { parameter.gradient = nil }
        let recorder = try Recorder(model, [Optimizer](), writingTo: folder.path + "/start.rheo", warn: { _ in })
        let value = try loss()
        value.backward()
        try recorder.step(loss: value)
        return try recorder.finish()
      }
    }
    self.loss = run.steps[0].loss
    profile = try GradientProfile.of(run)
    findings = diagnose(run, rules: rules)
  }

  /// The number of points of the profile, layers or calls, that get a thousandth of the last one's gradient to a thousand times as much,
  /// and of all points; nil without a profile.
  public var reached: (count: Int, of: Int)? {
    profile.map { profile in
      let last = profile.points.last!.value
      return (profile.points.count { (1e-3...1e3).contains($0.value / last) }, profile.points.count)
    }
  }
}

/// What will keep a model from learning, from one forward and one backward pass before training; see `Preflight`. `loss` returns a
/// scalar.
///
///     for finding in try diagnose(model, loss: { crossEntropy(model(batch.inputs), batch.labels) }) { print(finding) }
///
/// Throws a `RunFileError` if no temporary file can be written, and what `loss` throws.
public func diagnose(
  _ model: Module, rules: [any Rule] = .beforeTraining, loss: () throws -> Tensor
) throws -> [Finding] {
  try Preflight(model, rules: rules, loss: loss).findings
}
