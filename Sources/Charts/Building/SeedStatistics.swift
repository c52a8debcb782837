import Foundation
import Support

/// The spread of several seeds at each step.
package struct SeedStatistics {
  package let steps: [Int]
  package let median: [Double]
  package let low: [Double]
  package let high: [Double]

  /// From how many seeds on the band shows the middle half rather than all.
  static let manySeeds = 5

  /// What the band between `low` and `high` means.
  static func bandMeaning(seeds: Int) -> String {
    seeds >= manySeeds ? "band: the middle half" : "band: lowest to highest"
  }

  /// Statistics over the seeds that have a value at a step. A value that is not finite counts as above all others, so that
  /// a seed which diverged does not drop out and leave the others looking better.
  package init(_ series: [(steps: [Int], values: [Double])]) {
    let share = series.count >= Self.manySeeds ? 0.25 : 0
    var common = series.first?.steps ?? []
    if series.contains(where: { $0.steps != common }) { common = Set(series.flatMap(\.steps)).sorted() }
    steps = common
    var places = [Int](repeating: 0, count: series.count)
    var median: [Double] = [], low: [Double] = [], high: [Double] = []
    var values: [Double] = []
    for step in common {
      values.removeAll(keepingCapacity: true)
      for (index, one) in series.enumerated() where places[index] < one.steps.count && one.steps[places[index]] == step
      {
        let value = one.values[places[index]]
        values.append(value.isFinite ? value : .infinity)
        places[index] += 1
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

/// A weight that averages over about a sixtieth of so many steps; 0 where they are few.
func suitableSmoothing(steps: Int) -> Double { steps < 120 ? 0 : 1 - 60 / Double(steps) }
