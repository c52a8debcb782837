import Rheoscope
import Support

/// One of the things that an experiment compares: a net, an optimizer, a cell of a grid.
public struct Variant: Sendable {
  /// The name in files and tables: lowercase letters, digits, hyphens and dots.
  public let name: String
  /// What it is, in a few words.
  public let title: String
  /// What it changes of the experiment's settings.
  let adjust: @Sendable (inout Settings) -> Void
  /// What theory predicts of its gradients at initialization; nil where it predicts nothing.
  let theory: (@Sendable (Settings) -> GradientTheory)?
  /// The net that is trained, not yet initialized; nil where a trial does something else.
  package let net: (@Sendable (Settings) -> Module)?
  /// Whether a net's training writes a run file.
  let isRecorded: Bool
  /// What is run for each seed.
  package let trial: @Sendable (TrialContext) throws -> Void

  /// A variant whose trial is any code: it reads settings and seed from its context, and reports there what it measures. `adjust`
  /// changes settings for this variant alone; `theory` is drawn beside the measured gradients.
  public init(
    _ name: String, _ title: String, adjust: @escaping @Sendable (inout Settings) -> Void = { _ in },
    theory: (@Sendable (Settings) -> GradientTheory)? = nil, trial: @escaping @Sendable (TrialContext) throws -> Void
  ) {
    self.init(name, title, adjust: adjust, theory: theory, net: nil, isRecorded: false, trial: trial)
  }

  init(
    _ name: String, _ title: String, adjust: @escaping @Sendable (inout Settings) -> Void,
    theory: (@Sendable (Settings) -> GradientTheory)?, net: (@Sendable (Settings) -> Module)?, isRecorded: Bool,
    trial: @escaping @Sendable (TrialContext) throws -> Void
  ) {
    self.name = name
    self.title = title
    self.adjust = adjust
    self.theory = theory
    self.net = net
    self.isRecorded = isRecorded
    self.trial = trial
  }

  /// Whether its training takes a remedy: it is the one of `Variant.init(…, net:)`.
  var takesRemedies: Bool { net != nil }

  /// The variant for settings that it has changed already.
  var withoutAdjustment: Variant {
    Variant(name, title, adjust: { _ in }, theory: theory, net: net, isRecorded: isRecorded, trial: trial)
  }

  /// The same variant with settings changed further and under another name, without a run file.
  func with(
    _ name: String, _ title: String, adjust further: @escaping @Sendable (inout Settings) -> Void
  ) -> Variant {
    let both: @Sendable (inout Settings) -> Void = { [adjust] settings in
      adjust(&settings)
      further(&settings)
    }
    return Variant(name, title, adjust: both, theory: theory, net: net, isRecorded: false, trial: trial)
  }

  /// Its net as it is before training with these settings and this seed, without what a `beforeTraining` changes. Stops the program if its
  /// trial is code of its own.
  public func untrainedNet(_ settings: Settings, seed: Int) -> Module {
    guard let net else { stop("Variant.untrainedNet", "\(name) has a trial of its own, and no net") }
    let model = net(settings)
    model.initialize(seed: UInt64(seed))
    return model
  }

  /// The experiment's settings with this variant's changes.
  public func adjusted(_ settings: Settings) -> Settings {
    var settings = settings
    adjust(&settings)
    return settings
  }
}
