import Rheoscope

/// A sentence about an experiment's results that is either so or not.
struct Claim {
  enum Verdict: String, Codable { case holds, fails, notJudged = "not judged" }

  let statement: String
  /// One number a seed.
  let measured: [Double]
  let expected: ClosedRange<Double>
  /// Where the range comes from.
  let source: String
  /// Why the settings are too small for the claim; nil where they are not.
  let tooSmall: String?

  /// It holds if it does for every seed: no seed may be an exception that nobody sees.
  var verdict: Verdict {
    if tooSmall != nil || measured.isEmpty { return .notJudged }
    return measured.allSatisfy(expected.contains) ? .holds : .fails
  }

  init(
    _ statement: String, _ measured: [Double], within expected: ClosedRange<Double>, source: String, tooSmall: String? = nil
  ) {
    self.statement = statement
    self.measured = measured
    self.expected = expected
    self.source = source
    self.tooSmall = tooSmall
  }
}

extension Claim {
  /// The loss of ten classes when nothing is known: ln 10.
  static let nothingLearned = 2.302585092994046

  private static func needsTraining(_ settings: Settings) -> String? {
    settings.depth < 30 || settings.steps < 300 ? "needs 30 layers and 300 steps or more" : nil
  }

  /// The final loss is that of a net which has learned nothing, within 0.02.
  static func learnsNothing(_ variant: String, in results: Results, source: String) -> Claim {
    Claim(
      "\(variant) learns nothing: its loss stays at ln 10 = 2.303", results.of(variant).map(\.finalLoss),
      within: nothingLearned - 0.02...nothingLearned + 0.02, source: source, tooSmall: needsTraining(results.settings))
  }

  /// The final loss is at least 0.3 below that of a net which has learned nothing.
  static func learns(_ variant: String, in results: Results, source: String) -> Claim {
    Claim(
      "\(variant) learns: its loss leaves ln 10 and falls below 2.0", results.of(variant).map(\.finalLoss), within: 0...2,
      source: source, tooSmall: needsTraining(results.settings))
  }

  /// The gradient's factor a layer at step 0 is theory's, within what the finite width leaves open.
  static func factorAsPredicted(_ variant: String, in results: Results, tolerance: Double = 0.05) -> Claim {
    let predicted = results.prediction(variant) ?? .nan
    let range = predicted.isFinite ? predicted * (1 - tolerance)...predicted * (1 + tolerance) : 0...0
    return Claim(
      "\(variant): the gradient changes by ×\(brief(predicted)) a layer, within \(Int((tolerance * 100).rounded())) %",
      results.of(variant).compactMap(\.gradientFactor), within: range,
      source: "mean field theory; Schoenholz et al. 2017, arXiv:1611.01232",
      tooSmall: results.settings.depth < 20 || results.settings.width < 32 ? "needs 20 layers of width 32 or more" : nil)
  }
}
