/// A question about backpropagation, the variants that are compared to answer it, and what is claimed of the results.
public struct Experiment: Sendable {
  /// The name on the command line: lowercase letters, digits and hyphens.
  public let name: String
  /// The question, in one line.
  public let question: String
  /// What can be set, each setting with its value in each profile.
  public let settings: [Setting]
  /// The variants that are compared with these settings. All variants of a seed see the same batches, and begin with the same
  /// weights where parameter paths and initializers agree.
  public let variants: @Sendable (Settings) -> [Variant]
  /// The claims that the results are judged by.
  public let claims: [Claim]
  /// Claims of the literature that these trials don't show.
  public let disagreements: [Disagreement]
  /// The figures that are drawn when all trials are done.
  public let figures: [ExperimentFigure]
  /// Whether trials run one at a time, because they measure time.
  public let isTimed: Bool

  /// An experiment whose variants are the same for all settings.
  public init(
    name: String, question: String, settings: [Setting], variants: [Variant], claims: [Claim],
    disagreements: [Disagreement] = [], figures: [ExperimentFigure], isTimed: Bool = false
  ) {
    self.init(
      name: name, question: question, settings: settings, claims: claims, disagreements: disagreements,
      figures: figures, isTimed: isTimed, variants: { _ in variants })
  }

  /// An experiment whose variants depend on the settings, such as the cells of a grid.
  public init(
    name: String, question: String, settings: [Setting], claims: [Claim], disagreements: [Disagreement] = [],
    figures: [ExperimentFigure], isTimed: Bool = false, variants: @escaping @Sendable (Settings) -> [Variant]
  ) {
    self.name = name
    self.question = question
    self.settings = settings.flatMap { $0.name == "seeds" ? [$0, .firstSeed] : [$0] }
    self.variants = variants
    self.claims = claims
    self.disagreements = disagreements
    self.figures = figures
    self.isTimed = isTimed
  }

  /// The settings of a profile with the recorded values of a run. Throws an `ExperimentError` where they are not the settings that this
  /// version declares, or not of their kinds; `path` is the file that records them.
  package func settings(in profile: Profile, recorded: [String: Double], at path: String) throws(ExperimentError)
    -> Settings
  {
    var result = Settings(settings, in: profile)
    guard declares(recorded) else { throw .unknownRecord(path: path, problem: "\(name) has other settings") }
    for setting in settings {
      guard let value = recorded[setting.name] else { continue }
      if let expected = setting.expectation(for: value) {
        throw .brokenRecord(path: path, problem: "settings.\(setting.name) is \(value), not \(expected)")
      }
      result[setting.name] = value
    }
    return result
  }

  /// Whether recorded values are those of all settings that this version declares. The first seed may lack: runs of before it could be set
  /// began with 0, which is its value in every profile.
  func declares(_ recorded: [String: Double]) -> Bool {
    let missing = Set(settings.map(\.name)).symmetricDifference(recorded.keys)
    return missing.isEmpty || missing == [Setting.firstSeed.name] && recorded[Setting.firstSeed.name] == nil
  }

  /// The settings of a profile.
  public func settings(in profile: Profile) -> Settings { Settings(settings, in: profile) }
}
