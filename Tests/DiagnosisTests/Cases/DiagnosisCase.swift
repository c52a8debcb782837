import Rheoscope
import Testing

/// A failing training that was reported in public, with its fixed twin.
struct DiagnosisCase: Sendable, CustomTestStringConvertible {
  /// A short name in words with hyphens.
  let name: String
  /// The name of the rule that must be the first finding in the failing run.
  let rule: String
  /// The names of other rules that state the same cause.
  var alternatives: [String] = []
  /// The path of the site or the parameter at fault; nil where the fault is in no module.
  var site: String?
  /// Where it was reported.
  let source: String
  /// What the report complains about.
  let symptom: Symptom
  /// Trains the net, recorded into a new run file at `path`, and returns the run.
  let train: @Sendable (_ isFixed: Bool, _ seed: UInt64, _ path: String) throws -> Run

  var testDescription: String { name }
}

/// A number of a run that is in one range if the training fails and in another if it is fixed.
struct Symptom: Sendable {
  /// What is measured.
  let name: String
  /// The values of failing runs.
  let failing: ClosedRange<Double>
  /// The values of fixed runs.
  let fixed: ClosedRange<Double>
  /// The number of a run; never NaN.
  let measure: @Sendable (Run) throws -> Double

  init(
    _ name: String, failing: ClosedRange<Double>, fixed: ClosedRange<Double>,
    measure: @escaping @Sendable (Run) throws -> Double
  ) {
    (self.name, self.failing, self.fixed, self.measure) = (name, failing, fixed, measure)
  }

  /// The mean loss over the last 20 steps.
  static func finalLoss(failing: ClosedRange<Double>, fixed: ClosedRange<Double>) -> Symptom {
    Symptom("final loss", failing: failing, fixed: fixed) { $0.finalLoss }
  }

  /// The mean loss over the last 20 steps relative to that of the first step: 1 where nothing is learned.
  static func relativeLoss(failing: ClosedRange<Double>, fixed: ClosedRange<Double>) -> Symptom {
    Symptom("final loss / first loss", failing: failing, fixed: fixed) { $0.finalLoss / $0.steps[0].loss }
  }

  /// The last scalar with this name.
  static func last(_ scalar: String, failing: ClosedRange<Double>, fixed: ClosedRange<Double>) -> Symptom {
    Symptom(scalar, failing: failing, fixed: fixed) { try $0.scalars(scalar).last?.value ?? -1 }
  }

  /// The share of steps whose loss is finite.
  static func finiteLosses(failing: ClosedRange<Double>) -> Symptom {
    Symptom("share of finite losses", failing: failing, fixed: 1...1) { run in
      Double(run.steps.count { $0.loss.isFinite }) / Double(run.steps.count)
    }
  }
}
