import Foundation
import Rheoscope
import Support

/// A recorded run of a canned experiment that was trained again with one change.
package struct RemedyTrial: Sendable {
  /// The change.
  package let remedy: Remedy
  /// The number of steps of both trainings that are compared.
  package let steps: Int
  /// The final loss of the recorded run after these steps, and that with the remedy.
  package let before, after: Double
  /// The first loss of the recorded run.
  private let start: Double

  /// The share of the loss that a remedy must take away to help: 0.1.
  package static let helpLimit = 0.1

  /// Whether the remedy helps: the loss ends lower by a tenth or more, also than it began.
  package var helps: Bool {
    let reference = before.isFinite ? min(before, start) : start
    return after < reference - Self.helpLimit * abs(reference)
  }

  /// Trains the net of a run again for at most `steps` steps, from the same seed, with the same data, and with one change. Throws an
  /// `InapplicableRemedy` where there is nothing to change, and another error where the run is of none of these experiments, or its variant
  /// has a training loop of its own.
  package init(
    _ remedy: Remedy, on run: Run, of experiments: [Experiment], steps: Int = 200,
    data: String = FashionMNIST.defaultDirectory
  ) throws {
    func refuse(_ problem: String) -> NoTrial { NoTrial(path: run.path, problem: problem) }
    guard let name = run.experiment, let experiment = experiments.first(where: { $0.name == name }) else {
      throw refuse("it is of no experiment of this program, so no remedy can be tried")
    }
    let recorded = Dictionary(
      uniqueKeysWithValues: experiment.settings.compactMap { setting -> (String, Double)? in
        if setting.name == "seeds" { return (setting.name, 1) }
        let key = MetaKey(rawValue: setting.name.replacing("-", with: "_"))
        return run.meta[key].flatMap { Double($0) }.map { (setting.name, $0) }
      })
    let settings = try experiment.settings(in: .standard, recorded: recorded, at: run.path)
    guard let variant = experiment.variants(settings).first(where: { $0.name == run.variant }), variant.takesRemedies
    else { throw refuse("the training of its variant has a loop of its own, so no remedy can be tried") }
    let count = min(run.steps.count, steps)
    let temporary: TemporaryFolder
    do { temporary = try TemporaryFolder() } catch {
      throw ExperimentError.notWritable(path: "a temporary folder", error.code)
    }
    defer { temporary.remove() }
    let environment = TrialEnvironment(
      experiment: name, folder: temporary.path, data: SharedData(directory: data),
      provenance: Provenance(command: run.meta[.command] ?? ""), interruption: nil, checkpointInterval: nil,
      remedy: remedy, stepLimit: count, printNotice: { _ in }, showProgress: { _ in })
    if let hash = run.meta[.dataHash] { try environment.data.require(hash) }
    // The run's settings are those of the variant already.
    let trial = try experiment.run(variant.withoutAdjustment, seed: run.seed ?? 0, settings, environment)
    guard let path = trial.runPath else { throw refuse("its training is not recorded") }
    self.remedy = remedy
    self.steps = count
    before = finalLoss(run.steps.prefix(count).map(\.loss))
    start = run.steps.first?.loss ?? .nan
    after = finalLoss(try Run(path: path).steps.map(\.loss))
  }
}

/// A run that can't be trained again.
struct NoTrial: Error, CustomStringConvertible {
  let path, problem: String
  var description: String { "\(path): \(problem); Remedy.apply(to:_:seed:) tries it in a training loop of your own" }
}

/// A remedy that finds nothing in a training to change.
package struct InapplicableRemedy: Error {
  /// The remedy.
  let remedy: Remedy
  /// Why, as a phrase.
  package var reason: String { remedy.reasonNotToApply }
}
