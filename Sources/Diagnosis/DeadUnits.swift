import RunFile

/// Fires when a ReLU's output is almost all zero over the last tenth of a run; at initialization half of it is.
struct DeadUnits: Rule {
  let name = "dead units"

  /// The share of zeros above which a layer of ReLU counts as dead.
  static let zeroLimit = 0.98

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let zeros = try evidence.run.layers(.zeroFraction)
    let columns = zeros.steps.indices.suffix(max(1, zeros.steps.count / 10))
    guard let first = columns.first, let last = columns.last else { return [] }
    let dead = zeros.sites.indices.filter { site in
      zeros.sites[site].kind == "ReLU" && columns.allSatisfy { zeros[site, $0].map { $0 > Self.zeroLimit } ?? false }
    }
    guard !dead.isEmpty else { return [] }
    let least = dead.flatMap { site in columns.compactMap { zeros[site, $0] } }.min() ?? 1
    return [
      Finding(
        severity: evidence.learns ? .warning : .failure, rule: name,
        statement: "\(dead.count) layers of ReLU give zeros for more than \(rounded(least * 100)) % of their outputs",
        sites: evidence.paths(dead), steps: zeros.steps[first]...zeros.steps[last], measured: least,
        limit: Self.zeroLimit,
        cause:
          "their inputs are negative for almost all examples, so no gradient passes: often after a step that was too large",
        remedy: "a smaller learning rate, LeakyReLU, or normalization before the activation",
        source: "Maas, Hannun and Ng 2013; Lu et al. 2019, arXiv:1903.06733")
    ]
  }
}
