import RunFile
import Support

/// Fires when targets lie outside of the interval of the last activation, such as negative numbers behind a ReLU, and the loss stays well
/// above 0.
struct OutputsCannotReachTargetsRule: Rule {
  let name = "outputs cannot reach targets"
  let stage = RuleStage.setup
  let principle =
    "Compares the range of the targets with the interval of the last activation. No weights give targets outside of "
    + "that interval."
  let source = "UMLAUT (CHI 2021)"
  var limits: [RuleLimit] {
    [
      RuleLimit("targets outside of the interval", .above, Self.outsideLimit, "of the targets' range"),
      RuleLimit("final loss, for a warning", .atLeast, Self.lossLimit, "of the loss of a constant output"),
    ]
  }

  /// The part of the targets' range that lies outside: 0.05.
  static let outsideLimit = 0.05
  /// The final loss over that of a constant output above which the net has not learned around it: 0.05.
  static let lossLimit = 0.3

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingTargets }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let facts = evidence.facts
    guard evidence.task.kind != .classes, let smallest = facts.all(.minimum, of: .target).compactMap(\.number).min(),
      let largest = facts.all(.maximum, of: .target).compactMap(\.number).max(), largest > smallest
    else { return [] }
    let output = evidence.lastSite.flatMap { site in
      facts.json(.shapes, of: .loss, as: [[Int]].self)?.first.map { $0 == site.shape } ?? true ? site : nil
    }
    let isLogits = facts.text(.function, of: .loss) == "binaryCrossEntropy"
    var range = isLogits ? nil : output?.outputRange, from = output.map { "a \($0.kind.rawValue)" }
    let predictions = facts.all(.minimum, of: .loss).compactMap(\.number)
    if range == nil, !isLogits, predictions.min() == 0, predictions.allSatisfy({ $0 == 0 }) {
      (range, from) = (0...(.infinity), "an activation without negative outputs")
    }
    guard let range, let from, evidence.predictionsLie(in: range) else { return [] }
    let below = max(0, range.lowerBound - smallest), above = max(0, largest - range.upperBound)
    let outside = (below + above) / (largest - smallest)
    guard outside > Self.outsideLimit else { return [] }
    let level = evidence.loss.constantLoss.map { evidence.loss.last / $0 } ?? .infinity
    let severity: Finding.Severity =
      evidence.isStuck ? .failure : evidence.loss.state == .tooShort || level < Self.lossLimit ? .note : .warning
    let isPositive = range.upperBound == .infinity
    return found(
      severity,
      "targets lie between \(formatPlain(smallest)) and \(formatPlain(largest)), but outputs come from \(from) and are "
        + (isPositive
          ? "never negative" : "between \(formatShortest(range.lowerBound)) and \(formatShortest(range.upperBound))"),
      sites: output.map { [$0.path] } ?? [], steps: evidence.allSteps, measured: outside, limit: Self.outsideLimit,
      unit: "of the targets' range",
      cause: "no weights give these targets"
        + (isPositive ? ", and an output that is negative for all samples gets no gradient" : ""),
      remedies: [
        "end the net in its last layer, without \(output.map { "“\($0.path)”" } ?? "an activation")",
        isPositive
          ? "subtract \(formatPlain(smallest)) from the targets" : "scale the targets into the interval of the outputs",
      ],
      chart: "loss", trial: output == nil ? nil : .linearOutput)
  }
}
