import RunFile
import Support

/// Fires when most outputs of a hidden activation lie where its slope is below a tenth of its maximum, over the last tenth of a run, and the
/// loss does not go down.
struct SaturatedUnitsRule: Rule {
  let name = "saturated units"
  let principle =
    "Counts the outputs of each hidden activation that lie where its slope is below a tenth of its maximum, over "
    + "the last tenth of the run. Where most do and the net learns less than it could, almost no gradient passes to "
    + "the layers before."
  let source = "Glorot and Bengio 2010; share after DeepDiagnosis (ICSE 2022)"
  var limits: [RuleLimit] {
    [
      RuleLimit("saturated outputs", .above, Self.shareLimit, "of the outputs"),
      RuleLimit("recorded steps in which they are", .atLeast, Double(Self.shortestWindow), "steps"),
    ]
  }

  /// The share of saturated outputs of a site.
  static let shareLimit = 0.5
  /// The number of recorded steps over which it must hold.
  static let shortestWindow = 10

  func missing(in evidence: RunEvidence) -> [MissingRecord] {
    evidence.run.sites.contains { ["Sigmoid", "Tanh"].contains($0.kind.rawValue) }
      ? evidence.missing(.saturatedFraction, .activations) : []
  }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard evidence.struggles, evidence.loss.state != .nonfinite else { return [] }
    let saturated = evidence.layers(.saturatedFraction), last = evidence.lastSite?.id
    let sites = saturated.sites.indices.filter { site in
      let values = evidence.series(saturated, site)
      let window = values.suffix(max(Self.shortestWindow, values.count / 10))
      return saturated.sites[site].id != last && window.count >= Self.shortestWindow
        && window.allSatisfy { $0.value > Self.shareLimit }
    }
    guard !sites.isEmpty else { return [] }
    let values = sites.map { evidence.series(saturated, $0) }
    let first = values.compactMap { list in list.first { $0.value > Self.shareLimit }?.step }.min()!
    let least = values.compactMap { $0.last?.value }.min()!
    let fromStart = values.contains { $0.first.map { $0.value > Self.shareLimit } ?? false }
    let inputs = evidence.facts.firstNumber(.std, of: .input)
    return found(
      evidence.severity,
      "at least \(formatPlain(least * 100)) % of the outputs of \(counted(sites.count, "activation")) are saturated"
        + (fromStart ? " from the first step on" : " from step \(first) on"),
      sites: evidence.paths(sites), steps: first...max(first, evidence.allSteps.upperBound), measured: least,
      limit: Self.shareLimit,
      unit: "of outputs",
      cause: fromStart
        ? "inputs of the activation are too large from the beginning, where its slope is almost 0"
        : "a step that was too large has driven the inputs of the activation to where its slope is almost 0",
      remedies: fromStart
        ? [
          inputs.map { $0 > 3 } ?? false
            ? "inputs of standard deviation 1 instead of \(formatPlain(inputs!))"
            : "the initializer .xavierNormal, of variance 2 / (inputs + outputs)",
          "a LayerNorm before the activation",
        ]
        : [
          evidence.learningRate.map { "a learning rate of \(oneDigit($0 / 10)) instead of \(formatShortest($0))" }
            ?? "a tenth of the learning rate",
          "a LayerNorm before the activation",
        ],
      chart: "dead-and-saturated",
      trial: fromStart
        ? inputs.map { $0 > 3 } ?? false ? .standardizedInputs : .initializer(.xavierNormal)
        : evidence.learningRate.map { .learningRate(oneDigitNumber($0 / 10)) })
  }
}
