import RunFile
import Support

/// Fires when almost all outputs of a ReLU are zero over the last tenth of a run; at initialization about half of them are.
struct DeadReLURule: Rule {
  let name = "dead units"

  /// A ReLU whose share of zeros is above this counts as dead.
  static let zeroLimit = 0.98
  /// The smallest number of recorded steps in which the share of zeros must be above the limit, since one batch proves little.
  static let shortestWindow = 10

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let zeros = try evidence.run.layers(.zeroFraction)
    let relus = zeros.sites.indices.filter { zeros.sites[$0].kind == .relu }
    let recorded = zeros.steps.indices.filter { column in relus.contains { zeros[$0, column] != nil } }
    let window = recorded.suffix(max(Self.shortestWindow, recorded.count / 10))
    guard window.count >= Self.shortestWindow, let first = window.first, let last = window.last else { return [] }
    let dead = relus.filter { site in window.allSatisfy { zeros[site, $0].map { $0 > Self.zeroLimit } ?? false } }
    guard let least = dead.flatMap({ site in window.compactMap { zeros[site, $0] } }).min() else { return [] }
    return [
      Finding(
        severity: evidence.isStuck ? .failure : .warning, rule: name,
        statement:
          "at least \(formatPlain(least * 100)) % of the outputs of \(counted(dead.count, "ReLU")) are zeros",
        sites: evidence.paths(dead), steps: zeros.steps[first]...zeros.steps[last], measured: least,
        limit: Self.zeroLimit,
        cause:
          "their inputs are negative for almost all examples, so no gradient passes: often after a step that was too large",
        remedy: "a smaller learning rate, LeakyReLU, or normalization before the activation",
        source: "Maas, Hannun and Ng 2013; Lu et al. 2019, arXiv:1903.06733")
    ]
  }
}
