import Rheoscope

/// A program with its runs, judged.
struct Judged: Sendable {
  /// What the outcome says.
  enum Label: Sendable { case faulty, healthy, unlabelled }

  let program: Program
  let trials: [Trial]
  let label: Label
  /// The runs of its twin; empty without one.
  let twins: [Trial]
  /// The outcomes, mean over seeds, of the program and of its twin.
  let outcome: Double, twinOutcome: Double
  /// The runs by which it is judged: of a faulty program those whose own outcome is worse, otherwise all.
  let counted: [Trial]

  /// The share of a constant output's loss below which a healthy program counts as learning.
  static let learningLimit = 0.9
  /// The same for a healthy program with an unusual habit, of which some can't learn much.
  static let constantLimit = 0.98

  init(_ program: Program, _ trials: [Trial], twin: [Trial]?) {
    (self.program, self.trials, twins) = (program, trials, twin ?? [])
    let kind = program.fault?.outcome ?? .training
    func mean(_ trials: [Trial]) -> Double {
      trials.reduce(0) { $0 + ($1.outcomes[kind] ?? .nan) } / Double(trials.count)
    }
    outcome = mean(trials)
    twinOutcome = twin.map(mean) ?? .nan
    if let fault = program.fault {
      let limit = twinOutcome + fault.margin
      if outcome > limit {
        label = .faulty
        counted = trials.filter { $0.outcomes[kind]! > limit }
      } else {
        // A twin that does not learn proves nothing, and a program that does not learn is not healthy.
        let learn = (trials + (twin ?? [])).allSatisfy { !(($0.outcomes[.training] ?? 0) > Self.learningLimit) }
        label = learn || kind == .learning || kind == .relativeTraining ? .healthy : .unlabelled
        counted = trials
      }
    } else {
      // What is unusual on purpose need not learn much.
      let limit = program.habit == nil ? Self.learningLimit : Self.constantLimit
      let pairs = trials.allSatisfy { $0.outcomes[.relativeTraining] ?? 0 < Self.constantLimit }
      label = outcome.isNaN || (program.recipe.hasConstantOutput ? outcome < limit : pairs) ? .healthy : .unlabelled
      counted = trials
    }
  }

  /// Whether most of the counted runs have this property.
  func most(_ holds: (Trial) -> Bool) -> Bool { counted.count(where: holds) * 2 > counted.count }

  var isFlagged: Bool { most { !$0.verdict.statements.isEmpty } }

  var isNamed: Bool {
    guard let fault = program.fault else { return false }
    return most { trial in trial.verdict.statements.first.map { fault.names.contains($0.rule) } ?? false }
  }

  /// Whether the first finding has the right name and names the right site first; nil where the fault has none.
  var hasRightSite: Bool? {
    guard let fault = program.fault, counted.contains(where: { !$0.sites.isEmpty }) else { return nil }
    return most { trial in
      guard let first = trial.verdict.statements.first, fault.names.contains(first.rule), let site = first.sites.first
      else {
        return false
      }
      return trial.sites.contains {
        site == $0 || site.hasPrefix($0 + ".") || site.hasPrefix($0 + "[") || $0.hasPrefix(site + ".")
      }
    }
  }

  /// The first findings of the counted runs: "dead units 2, nothing 1".
  var said: String {
    var counts: [(String, Int)] = []
    for trial in counted {
      let rule = trial.verdict.statements.first?.rule ?? "nothing"
      if let index = counts.firstIndex(where: { $0.0 == rule }) {
        counts[index].1 += 1
      } else {
        counts.append((rule, 1))
      }
    }
    return counts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }

  /// The first finding of most runs.
  var firstRule: String {
    let rules = counted.map { $0.verdict.statements.first?.rule ?? "nothing" }
    return Set(rules).max { a, b in
      (rules.count { $0 == a }, b) < (rules.count { $0 == b }, a)
    } ?? "nothing"
  }
}

extension Recipe {
  /// Whether there is a loss of the best constant output.
  var hasConstantOutput: Bool { if case .pairs = procedure { false } else { true } }
}
