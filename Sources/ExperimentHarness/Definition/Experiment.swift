/// A question about backpropagation, what is tried to answer it, and what is claimed of the outcome.
public struct Experiment: Sendable {
  /// What it is called on the command line: small letters, digits and hyphens.
  public let name: String
  /// What it asks, in one line.
  public let question: String
  /// What can be set, each with its value in each profile.
  public let settings: [Setting]
  /// What is compared, with these settings. The same seed means the same batches to all of them, and the same first weights
  /// where paths agree.
  public let variants: @Sendable (Settings) -> [Variant]
  /// What should be found.
  public let claims: [Claim]
  /// What the literature claims and these trials don't show.
  public let disagreements: [Disagreement]
  /// What is drawn.
  public let pictures: [ExperimentFigure]
  /// Whether trials are under way one at a time, since they measure how long something takes.
  public let isTimed: Bool

  /// An experiment made of its parts, whose variants are known beforehand.
  public init(
    name: String, question: String, settings: [Setting], variants: [Variant], claims: [Claim],
    disagreements: [Disagreement] = [], pictures: [ExperimentFigure], isTimed: Bool = false
  ) {
    self.init(
      name: name, question: question, settings: settings, claims: claims, disagreements: disagreements,
      pictures: pictures, isTimed: isTimed, grid: { _ in variants })
  }

  /// An experiment made of its parts, whose variants depend on the settings: the cells of a grid, for instance.
  public init(
    name: String, question: String, settings: [Setting], claims: [Claim], disagreements: [Disagreement] = [],
    pictures: [ExperimentFigure], isTimed: Bool = false, grid: @escaping @Sendable (Settings) -> [Variant]
  ) {
    self.name = name
    self.question = question
    self.settings = settings
    variants = grid
    self.claims = claims
    self.disagreements = disagreements
    self.pictures = pictures
    self.isTimed = isTimed
  }

  /// What it is run with in a profile unless the command says otherwise.
  public func settings(in profile: Profile) -> Settings { Settings(settings, in: profile) }
}
