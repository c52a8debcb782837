import Foundation

/// What a claim that held in some of the seeds shows about all seeds.
package enum SeedShare {
  /// The lower end of the one-sided 95 % interval for the share of all seeds in which a claim holds, if it held in `held` of `count`:
  /// the share p for which `held` or more of `count` would be seen with a probability of 5 %. If it held in all, p = 0.05^(1/n):
  /// 0.37 for 3 seeds, 0.86 for 20.
  ///
  /// Source: Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the binomial".
  package static func lowerBound(held: Int, of count: Int) -> Double {
    guard held > 0 else { return 0 }
    var (low, high) = (0.0, 1.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if probability(ofAtLeast: held, of: count, share: middle) < 0.05 { low = middle } else { high = middle }
    }
    return low
  }

  /// The probability of `least` or more successes in `count` trials.
  private static func probability(ofAtLeast least: Int, of count: Int, share: Double) -> Double {
    let n = Double(count)
    return (least...count).reduce(0) { sum, successes in
      let k = Double(successes)
      let ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
      return sum + exp(ways + k * log(share) + (n - k) * log1p(-share))
    }
  }
}
