import RunFile
import Support

/// Fires when, of two nets that train against each other with an optimizer each, the gradients of one vanish while the other's do
/// not, or while the other is a discriminator whose loss falls to nearly 0.
struct OneNetStarvesRule: Rule {
  let name = "one net starves the other"
  let principle =
    "Compares the last gradient norm of each of two nets, which have an optimizer each, with its first. Where one "
    + "net's gradients vanish and the other's don't, or the other is a discriminator whose loss vanishes, the other is so far "
    + "ahead that its answer saturates."
  let source = "Goodfellow et al. 2014, arXiv:1406.2661; Arjovsky and Bottou 2017, arXiv:1701.04862"
  var limits: [RuleLimit] {
    [
      RuleLimit("last over first gradient norm of one net", .below, Self.lowLimit, "×"),
      RuleLimit("the same of the other net", .above, Self.highLimit, "×"),
      RuleLimit("or the last over the first loss of a discriminator", .below, Self.wonLimit, "×"),
      RuleLimit("steps of the run", .atLeast, Double(LossCourse.shortestRun), "steps"),
    ]
  }

  /// The last over the first gradient norm of a net, medians over tenths of the run, below which it gets no gradient any more.
  static let lowLimit = 1e-2
  /// The same of the other net, above which that one still learns.
  static let highLimit = 0.1
  /// The share of the first loss below which a discriminator has won, so that its gradients vanish too.
  static let wonLimit = 0.1

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard evidence.isAdversarial, evidence.run.steps.count >= LossCourse.shortestRun else { return [] }
    let norms = evidence.weights(.gradientNorm)
    var changes: [(net: Int, ratio: Double, since: Int)] = []
    for net in Set(norms.parameters.compactMap { $0.optimizers.count == 1 ? $0.optimizers[0] : nil }).sorted() {
      let rows = norms.parameters.indices.filter { norms.parameters[$0].optimizers == [net] }
      let totals = norms.steps.indices.compactMap { column -> (Int, Double)? in
        let values = rows.compactMap { norms[$0, column] }
        return values.isEmpty ? nil : (norms.steps[column], values.reduce(0) { $0 + $1 * $1 }.squareRoot())
      }
      guard totals.count >= 10 else { continue }
      let tenth = max(totals.count / 10, 1)
      let first = median(totals.prefix(tenth).map(\.1)), last = median(totals.suffix(tenth).map(\.1))
      guard first > 0, last.isFinite else { continue }
      let since = totals.last { $0.1 > Self.lowLimit * first }?.0 ?? totals[0].0
      changes.append((net, last / first, since))
    }
    // The loss of a generator goes through the discriminator, whose own loss is a cross-entropy.
    let passed = evidence.facts.json(.passedThrough, of: .model, as: [Int].self) ?? []
    let others = changes.filter { !passed.contains($0.net + 1) }
    let hasWon =
      !others.isEmpty && others.count < changes.count
      && evidence.facts.text(.function, of: .loss)?.hasPrefix("binaryCrossEntropy") ?? false
      && evidence.loss.last < Self.wonLimit * evidence.loss.first
    guard let weak = (hasWon ? others : changes).min(by: { $0.ratio < $1.ratio }),
      let strong = changes.filter({ $0.net != weak.net }).max(by: { $0.ratio < $1.ratio }),
      weak.ratio < Self.lowLimit, strong.ratio > Self.highLimit || hasWon
    else { return [] }
    let paths = norms.parameters.filter { $0.optimizers == [weak.net] }.map(\.path)
    return found(
      .warning,
      "gradients of the net of optimizer \(weak.net + 1) fall to \(formatPlain(weak.ratio)) of their first norm, while "
        + (hasWon
          ? "the loss of the net of optimizer \(strong.net + 1) falls from \(formatPlain(evidence.loss.first)) to "
            + "\(formatPlain(evidence.loss.last))"
          : "those of optimizer \(strong.net + 1) stay at \(formatPlain(strong.ratio))"),
      sites: paths, steps: weak.since...max(weak.since, evidence.allSteps.upperBound), measured: weak.ratio,
      limit: Self.lowLimit, unit: "×",
      cause: "one net is so far ahead that its answer saturates, and passes the other no gradient",
      remedies: [
        "the loss −ln D(G(z)) for the generator in place of ln(1 − D(G(z)))",
        "a smaller learning rate for optimizer \(strong.net + 1), or fewer of its steps",
      ],
      chart: "weight-gradients")
  }
}
