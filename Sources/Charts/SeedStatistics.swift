import Foundation

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

/// The value below which a share of the values lies, between neighbours evenly; NaN where there are none.
func quantile(_ share: Double, ofSorted values: [Double]) -> Double {
  guard let last = values.last else { return .nan }
  let place = share * Double(values.count - 1)
  let below = Int(place)
  guard below + 1 < values.count, place > Double(below) else { return below < values.count ? values[below] : last }
  let rest = place - Double(below)
  return values[below] * (1 - rest) + values[below + 1] * rest
}

/// The debiased exponential moving average: b = w b + (1 − w) y, s = b / (1 − wⁱ⁺¹). What is not finite stays as it is, and
/// the average begins anew after it.
package func smoothed(_ values: [Double], weight: Double) -> [Double] {
  guard weight > 0 else { return values }
  var average = 0.0, remainder = 1.0
  return values.map { value in
    guard value.isFinite else {
      (average, remainder) = (0, 1)
      return value
    }
    average = weight * average + (1 - weight) * value
    remainder *= weight
    return average / (1 - remainder)
  }
}

/// A weight that averages over about a sixtieth of so many steps; 0 where they are few.
func suitableSmoothing(steps: Int) -> Double { steps < 120 ? 0 : 1 - 60 / Double(steps) }
