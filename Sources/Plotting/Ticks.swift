import Foundation

/// Where an axis is marked.
public struct Ticks: Sendable, Hashable {
  /// Those with a label, all labels in one format.
  public var major: [(value: Double, label: String)]
  /// Those without.
  public var minor: [Double] = []

  /// Whether two axes are marked alike.
  public static func == (a: Ticks, b: Ticks) -> Bool {
    a.major.map(\.value) == b.major.map(\.value) && a.major.map(\.label) == b.major.map(\.label) && a.minor == b.minor
  }

  /// Hashes the places of the labelled marks.
  public func hash(into hasher: inout Hasher) { hasher.combine(major.map(\.value)) }

  /// The best about `count` marks for a scale.
  public static func fitting(_ scale: Scale, count: Int, integers: Bool = false) -> Ticks {
    switch scale.kind {
    case .linear: linear(scale.lower, scale.upper, count: max(count, 2), integers: integers)
    case .log: decades(scale.lower, scale.upper, count: max(count, 2))
    }
  }

  /// Talbot, Lin and Hanrahan, "An extension of Wilkinson's algorithm for positioning tick labels on axes", 2010: of all
  /// arithmetic progressions with nice steps, the one that scores best on niceness, coverage and density.
  static func linear(_ low: Double, _ high: Double, count: Int, integers: Bool) -> Ticks {
    let steps: [Double] = [1, 5, 2, 2.5, 4, 3]
    var best: (score: Double, start: Double, step: Double, count: Int) = (
      -2, low, (high - low) / Double(count - 1), count
    )
    for (rank, base) in steps.enumerated() {
      for exponent in Int(floor(log10((high - low) / Double(4 * count))))...Int(ceil(log10(high - low))) {
        let step = base * power(10, Double(exponent))
        guard !integers || (step >= 1 && step == step.rounded()) else { continue }
        // Marks lie inside the axis, whose limits are the data's.
        let first = ceil(low / step - 1e-9), last = floor(high / step + 1e-9)
        let marks = Int(last - first) + 1
        guard marks >= 2, marks <= 4 * count else { continue }
        let containsZero = first <= 0 && last >= 0
        let niceness = 1 - Double(rank) / 5 + (containsZero ? 0 : -0.2)
        let covered =
          1 - 0.5 * (power(high - last * step, 2) + power(low - first * step, 2)) / power(0.1 * (high - low), 2)
        let density = 2 - max(Double(marks) / Double(count), Double(count) / Double(marks))
        let score = 0.25 * niceness + 0.2 * max(covered, -1) + 0.55 * density
        if score > best.score { best = (score, first * step, step, marks) }
      }
    }
    if integers, best.score == -2 { best = (0, low.rounded(.up), 1, 1) }
    let values = (0..<best.count).map { index in
      let value = best.start + Double(index) * best.step
      return abs(value) < best.step * 1e-9 ? 0 : value
    }
    return Ticks(major: zip(values, labels(values, step: best.step)).map { ($0, $1) })
  }

  /// All in one format: decimals as the step needs, powers of ten where numbers are very large or small.
  private static func labels(_ values: [Double], step: Double) -> [String] {
    let largest = values.map(abs).max() ?? 0
    let texts: [String]
    if largest >= 1e6 || largest < 1e-4 {
      texts = values.map { $0 == 0 ? "0" : String(format: "%.3g", $0) }
    } else {
      var decimals = max(0, Int(ceil(-log10(step) - 1e-9)))
      while decimals < 12,
        abs((step * power(10, Double(decimals))).rounded() - step * power(10, Double(decimals))) > 1e-6
      {
        decimals += 1
      }
      texts = values.map { String(format: "%.\(decimals)f", $0) }
    }
    return texts.map { $0.replacingOccurrences(of: "-", with: "−") }
  }

  /// Powers of ten, every k-th where there are many, with 2 to 9 times each between them where there are few; within less
  /// than a decade the numbers themselves.
  static func decades(_ low: Double, _ high: Double, count: Int) -> Ticks {
    let first = Int(ceil(log10(low) - 1e-9)), last = Int(floor(log10(high) + 1e-9))
    guard last > first else {
      var ticks = linear(low, high, count: count, integers: false)
      ticks.major.removeAll { $0.value <= 0 }
      return ticks
    }
    var every = 1
    while (last - first) / every + 1 > count { every = every == 1 ? 2 : every == 2 ? 5 : every * 2 }
    let start = Int(ceil(Double(first) / Double(every))) * every
    let major = stride(from: start, through: last, by: every).map {
      (value: power(10, Double($0)), label: powerOfTen($0))
    }
    var minor: [Double] = []
    if every == 1, last - first <= 6 {
      for exponent in first - 1...last {
        for digit in 2...9 {
          let value = Double(digit) * power(10, Double(exponent))
          if value >= low, value <= high { minor.append(value) }
        }
      }
    } else if every > 1, last - first <= 60 {
      minor = (first...last).filter { !$0.isMultiple(of: every) }.map { power(10, Double($0)) }
    }
    return Ticks(major: major, minor: minor)
  }
}
