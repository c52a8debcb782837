import RunFile
import Support

/// A ReLU that is dead at the end of a run.
struct DeadSite {
  /// Its position in the run's `sites`.
  let site: Int
  /// The first and the last recorded step at which it is dead.
  let since, until: Int
  /// The smallest share of zeros over the last tenth of the recorded steps.
  let least: Double
  let isFromStart: Bool
}

extension RunEvidence {
  /// The ReLUs that are dead over the last tenth of the recorded steps.
  var deadSites: [DeadSite] {
    let zeros = layers(.zeroFraction)
    return zeros.sites.indices.compactMap { site in
      guard zeros.sites[site].kind == .relu else { return nil }
      let values = series(zeros, site)
      let window = values.suffix(max(DeadReLURule.shortestWindow, values.count / 10))
      guard window.count >= DeadReLURule.shortestWindow, window.allSatisfy({ $0.value > DeadReLURule.zeroLimit }) else {
        return nil
      }
      let alive = values.lastIndex { $0.value <= DeadReLURule.zeroLimit }
      let since = alive.map { values[$0 + 1].step } ?? values[0].step
      return DeadSite(
        site: site, since: since, until: window.last!.step, least: window.map(\.value).min()!, isFromStart: alive == nil
      )
    }
  }

  func deadStatement(_ dead: [DeadSite]) -> String {
    "at least \(formatPlain(dead.map(\.least).min()! * 100)) % of the outputs of \(counted(dead.count, "ReLU")) are zeros"
  }
}
