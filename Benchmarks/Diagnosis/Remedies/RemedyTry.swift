import Foundation
import Rheoscope

/// A faulty program whose fault was named right, trained again with the remedy of its first finding: same seed, data, first weights where
/// they stay, and number of steps.
struct RemedyTry: Sendable {
  /// How a remedy is tried.
  enum Means: String, Sendable, CaseIterable {
    /// `Remedy.apply` makes the change.
    case applied = "applied by Remedy.apply"
    /// The recipe is changed as the first remedy says in words, where it is a change of the training loop or of the data.
    case byHand = "changed by hand as the first remedy says"
    /// Neither: it asks the reader to look, or for another net.
    case untried = "cannot be tried by a program"
  }

  /// The remedy of one seed.
  struct Attempt: Sendable {
    let seed: UInt64
    let rule, remedy: String
    let means: Means
    /// The outcomes of the faulty program, of its twin and of the program with the remedy; nil where it was not tried.
    let before, twin: Double
    var after: Double?

    /// Whether the remedy closes half of the gap to the healthy twin.
    var closes: Bool { after.map { $0 <= before - (before - twin) / 2 } ?? false }
  }

  let program: Program
  /// One for each seed whose run is faulty and was named right.
  let attempts: [Attempt]

  /// How most seeds' remedies are tried.
  var means: Means {
    Means.allCases.max { a, b in attempts.count { $0.means == a } < attempts.count { $0.means == b } }!
  }

  /// Whether two thirds of the seeds' remedies close half of the gap.
  var closes: Bool { Self.most(of: attempts) }

  /// Whether two thirds of these attempts close half of the gap.
  static func most(of attempts: [Attempt]) -> Bool { 3 * attempts.count(where: \.closes) >= 2 * attempts.count }
}

extension DiagnosisBenchmark {
  /// Trains each faulty program that was named right again with its remedy.
  func remedyTries(_ judged: [Judged], in folder: String) throws -> [RemedyTry] {
    struct Job: Sendable {
      let recipe: Recipe
      let remedy: Remedy?
      let outcome: Outcome
      var attempt: RemedyTry.Attempt
    }
    let named = judged.filter { $0.label == .faulty && $0.isNamed }
    let jobs = named.map { judged in
      judged.counted.compactMap { trial -> Job? in
        let fault = judged.program.fault!
        guard let first = trial.verdict.statements.first, fault.names.contains(first.rule),
          let twin = judged.twins.first(where: { $0.seed == trial.seed })
        else { return nil }
        var recipe = judged.program.recipe
        let text = first.remedies.first ?? "nothing"
        let means: RemedyTry.Means =
          first.trial != nil ? .applied : recipe.change(asSaidIn: text) ? .byHand : .untried
        return Job(
          recipe: recipe, remedy: first.trial, outcome: fault.outcome,
          attempt: RemedyTry.Attempt(
            seed: trial.seed, rule: first.rule, remedy: first.trial.map { "\($0)" } ?? text, means: means,
            before: trial.outcomes[fault.outcome]!, twin: twin.outcomes[fault.outcome]!))
      }
    }
    let attempts = try inParallel(jobs.flatMap { $0 }, threads: threads) { job in
      var attempt = job.attempt
      guard attempt.means != .untried else { return attempt }
      let path = "\(folder)/\(UUID().uuidString).rheo"
      defer { try? FileManager.default.removeItem(atPath: path) }
      let training = try BenchmarkTraining(job.recipe, seed: attempt.seed, remedy: job.remedy, path: path)
      _ = try training.run()
      attempt.after = training.outcomes[job.outcome]
      return attempt
    }
    var next = attempts.makeIterator()
    return zip(named, jobs).map { judged, jobs in
      RemedyTry(program: judged.program, attempts: jobs.map { _ in next.next()! })
    }
  }
}
