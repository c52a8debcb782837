import Foundation

/// Equally spaced round numbers within a range, by the extended Wilkinson algorithm: of all distances that are a round number
/// times a power of ten, the one with the best score for simplicity, for covering the range and for a number of ticks near `count`.
///
/// score = 0.25 simplicity + 0.2 coverage + 0.5 density + 0.05 (legibility, constant here).
/// Source: Talbot, Lin and Hanrahan, "An extension of Wilkinson's algorithm for positioning tick labels on axes", 2010.
package func extendedTicks(from lower: Double, to upper: Double, about count: Int) -> [Double] {
  let range = upper - lower
  guard range.isFinite, range > 0, count > 1 else { return range > 0 && count == 1 ? [roundMiddle(lower, upper)] : [] }
  var best: (score: Double, start: Double, step: Double, count: Int)?
  let wanted = Double(count)
  for skip in 1...4 {
    for (rank, nice) in niceNumbers.enumerated() {
      let isBeaten =
        score(simplicity: simplicity(rank, skip, hasZero: true), coverage: 1, density: 1) < best?.score ?? -2
      if isBeaten { continue }
      for number in 2...max(2 * count, 3) {
        let spacing = range / Double(number + 1) / Double(skip) / nice
        let lowestPower = Int(log10(spacing).rounded(.up))
        for power in lowestPower...lowestPower + 1 {
          let step = Double(skip) * nice * pow(10, Double(power))
          let first = (lower / step - 1e-9).rounded(.up), last = (upper / step + 1e-9).rounded(.down)
          let found = last - first + 1
          guard step.isNormal, found >= 2, found <= 2 * wanted + 1, Int(found) == number else { continue }
          let hasZero = first <= 0 && last >= 0
          let rating = score(
            simplicity: simplicity(rank, skip, hasZero: hasZero),
            coverage: coverage(lower, upper, first * step, last * step),
            density: 2 - max(found / wanted, wanted / found))
          if rating > best?.score ?? -2 { best = (rating, first, step, number) }
        }
      }
    }
  }
  guard let best else { return [roundMiddle(lower, upper)] }
  return (0..<best.count).map { (best.start + Double($0)) * best.step }
}

private let niceNumbers = [1.0, 5, 2, 2.5, 4, 3]

private func simplicity(_ rank: Int, _ skip: Int, hasZero: Bool) -> Double {
  1 - Double(rank) / Double(niceNumbers.count - 1) - Double(skip) + (hasZero ? 1 : 0)
}

private func coverage(_ lower: Double, _ upper: Double, _ first: Double, _ last: Double) -> Double {
  let tenth = 0.1 * (upper - lower)
  let over = (upper - last) / tenth, under = (lower - first) / tenth
  return 1 - 0.5 * (over * over + under * under)
}

private func score(simplicity: Double, coverage: Double, density: Double) -> Double {
  0.25 * simplicity + 0.2 * coverage + 0.5 * density + 0.05
}

/// A round number near the middle of a range, for an axis with one tick.
private func roundMiddle(_ lower: Double, _ upper: Double) -> Double {
  let middle = lower / 2 + upper / 2
  let unit = pow(10, log10(upper / 2 - lower / 2).rounded(.down))
  let rounded = (middle / unit).rounded() * unit
  return rounded.isFinite ? rounded : middle
}
