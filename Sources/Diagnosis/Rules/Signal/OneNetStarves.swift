import RunFile
import Support

/// Fires when, of two nets that train against each other with an optimizer each, the gradients of one vanish while the other's do not.
struct OneNetStarvesRule: Rule {
  let name = "one net starves the other"
  let principle =
    "Compares the last gradient norm of each of two nets, which have an optimizer each, with its first. Where one "
    + "net's gradients vanish and the other's don't, the other is so far ahead that its answer saturates."
  let source = "Goodfellow et al. 2014, arXiv:1406.2661; Arjovsky and Bottou 2017, arXiv:1701.04862"
  var limits: [RuleLimit] {
    [
      RuleLimit("last over first gradient norm of one net", .below, Self.lowLimit, "×"),
      RuleLimit("the same of the other net", .above, Self.highLimit, "×"),
      RuleLimit("steps of the run", .atLeast, Double(LossCourse.shortestRun), "steps"),
    ]
  }

  /// The last over the first gradient norm of a net, medians over tenths of the run, below which it gets no gradient any more.
  static let lowLimit = 1e-2
  /// The same of the other net, above which that one still learns.
  static let highLimit = 0.1

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
    guard let weak = changes.min(by: { $0.ratio < $1.ratio }), let strong = changes.max(by: { $0.ratio < $1.ratio }),
      weak.ratio < Self.lowLimit, strong.ratio > Self.highLimit
    else { return [] }
    let paths = norms.parameters.filter { $0.optimizers == [weak.net] }.map(\.path)
    return found(
      .warning,
      "gradients of the net of optimizer \(weak.net + 1) fall to \(formatPlain(weak.ratio)) of their first norm, while those of optimizer "
        + "\(strong.net + 1) stay at \(formatPlain(strong.ratio))",
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
