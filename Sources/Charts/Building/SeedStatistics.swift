import Foundation
import Support

/// The median and the band over seeds at each step.
package struct SeedStatistics {
  package let steps: [Int]
  package let median: [Double]
  package let low: [Double]
  package let high: [Double]

  /// The number of seeds from which on the band shows the middle half instead of all.
  static let manySeeds = 5

  /// What the band from `low` to `high` shows.
  static func bandMeaning(seeds: Int) -> String {
    seeds >= manySeeds ? "band: the middle half" : "band: lowest to highest"
  }

  /// Statistics over the seeds that have a value at a step. A value that is not finite counts as infinity, so that a seed that diverged
  /// raises the median instead of being left out.
  package init(_ series: [(steps: [Int], values: [Double])]) {
    let share = series.count >= Self.manySeeds ? 0.25 : 0
    var common = series.first?.steps ?? []
    if series.contains(where: { $0.steps != common }) { common = Set(series.flatMap(\.steps)).sorted() }
    steps = common
    var positions = [Int](repeating: 0, count: series.count)
    var median: [Double] = [], low: [Double] = [], high: [Double] = []
    var values: [Double] = []
    for step in common {
      values.removeAll(keepingCapacity: true)
      for (index, one) in series.enumerated()
      where positions[index] < one.steps.count && one.steps[positions[index]] == step {
        let value = one.values[positions[index]]
        values.append(value.isFinite ? value : .infinity)
        positions[index] += 1
      }
      values.sort()
      median.append(quantile(0.5, ofSorted: values))
      low.append(quantile(share, ofSorted: values))
      high.append(quantile(1 - share, ofSorted: values))
    }
    self.median = median
    self.low = low
    self.high = high
  }
}

/// The default smoothing weight: 1 − 60 / steps, which averages over about a sixtieth of the steps; 0 below 120 steps.
func suitableSmoothing(steps: Int) -> Double { steps < 120 ? 0 : 1 - 60 / Double(steps) }
