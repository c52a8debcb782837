import Rheoscope

/// One of the things that an experiment compares: a net, an optimizer, a cell of a grid.
public struct Variant: Sendable {
  /// What it is called in files and tables: small letters, digits, hyphens and dots.
  public let name: String
  /// What it is, in a few words.
  public let title: String
  /// What it changes of the experiment's settings.
  let adjust: @Sendable (inout Settings) -> Void
  /// What theory says of its gradients at initialization; nil where it says nothing.
  let theory: (@Sendable (Settings) -> GradientTheory)?
  /// The net that is trained, not yet initialized; nil where a trial does something else.
  package let net: (@Sendable (Settings) -> Module)?
  /// What is done, once a seed.
  package let trial: @Sendable (TrialContext) throws -> Void

  /// A variant made of its parts. Its trial is given a context, and leaves there what it measures. `adjust` changes settings for
  /// this variant alone.
  public init(
    _ name: String, _ title: String, adjust: @escaping @Sendable (inout Settings) -> Void = { _ in },
    theory: (@Sendable (Settings) -> GradientTheory)? = nil, trial: @escaping @Sendable (TrialContext) throws -> Void
  ) {
    self.init(name, title, adjust: adjust, theory: theory, net: nil, trial: trial)
  }

  init(
    _ name: String, _ title: String, adjust: @escaping @Sendable (inout Settings) -> Void,
    theory: (@Sendable (Settings) -> GradientTheory)?, net: (@Sendable (Settings) -> Module)?,
    trial: @escaping @Sendable (TrialContext) throws -> Void
  ) {
    self.name = name
    self.title = title
    self.adjust = adjust
    self.theory = theory
    self.net = net
    self.trial = trial
  }

  /// The experiment's settings as this variant has them.
  public func adjusted(_ settings: Settings) -> Settings {
    var settings = settings
    adjust(&settings)
    return settings
  }
}
