import RunFile
import Support

/// Fires when gradients of neighbouring inputs are unlike each other in first layers though they are alike in last ones, and the loss does not
/// go down.
struct ShatteredGradientsRule: Rule {
  let name = "shattered gradients"
  let principle =
    "Compares the cosine between gradients of neighbouring inputs at the first layer with that at the last. In a "
    + "deep plain net of ReLUs it falls to that of white noise, so a step that helps one input does not help the "
    + "next."
  let source = "Balduzzi et al. 2017, arXiv:1702.08591"
  var limits: [RuleLimit] {
    [
      RuleLimit("cosine at the first layer", .below, Self.lowLimit),
      RuleLimit("cosine at the last layer", .above, Self.highLimit),
    ]
  }

  /// The cosine at the first layer below which gradients are as unlike as white noise, and the one at the last above which they are alike.
  static let lowLimit = 0.1, highLimit = 0.5

  func missing(in evidence: RunEvidence) -> [MissingRecord] {
    evidence.run.sites.count(where: \.isLayer) < 10
      || ((try? evidence.run.measures(.gradientCorrelation))?.isEmpty == false)
      ? [] : [.gradientCorrelation]
  }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard evidence.isStuck, evidence.run.sites.count(where: \.isLayer) >= 5 else { return [] }
    let measures = try evidence.run.measures(.gradientCorrelation)
    guard let step = measures.first?.step else { return [] }
    let layers = evidence.run.sites.filter(\.isLayer)
    let values = layers.compactMap { site in
      measures.first { $0.step == step && $0.site == site.id }.map { (site.path, $0.value) }
    }
    guard let first = values.first, let last = values.last, values.count >= 5, first.1 < Self.lowLimit,
      last.1 > Self.highLimit
    else { return [] }
    return found(
      .failure,
      "the cosine between gradients of neighbouring inputs falls from \(formatPlain(last.1)) at \(last.0) to \(formatPlain(first.1)) at \(first.0)",
      sites: values.map(\.0), steps: step...step, measured: first.1, limit: Self.lowLimit,
      cause: "in a deep plain net of ReLUs gradients of neighbouring inputs are as unlike as white noise",
      remedies: ["residual connections: Residual(…) around pairs of layers"], chart: "gradient_correlation")
  }
}
