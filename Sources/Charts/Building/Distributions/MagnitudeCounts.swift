import Foundation
import Plotting

/// A histogram of the magnitudes of cells over all decades, filled in one pass, from which colour scales are chosen.
struct MagnitudeCounts {
  /// The number of magnitudes above 0 by exponent and the first four bits of the fraction.
  private var bins = [Int](repeating: 0, count: 1 << 15)
  private var numbers = 0
  private(set) var lowest = Double.infinity, highest = 0.0
  private var counts: [CellKind: Int] = [:]
  /// The lowest and the highest median of a row's magnitudes: a range of colours that holds both shows every row.
  private var rows = ValueRange()
  /// The number of cells of which a row's median is taken.
  private static let sampledCells = 63

  /// Counts the cells of a selection. Where it is `signed`, numbers below 0 count by their magnitude; otherwise they are left out.
  mutating func add(_ selection: LayerSelection, signed: Bool) {
    let width = selection.steps.count
    var zeros = 0
    selection.values.withUnsafeBufferPointer { values in
      var sample: [Double] = []
      for row in selection.rows {
        sample.removeAll(keepingCapacity: true)
        for column in stride(from: 0, to: width, by: max(1, width / Self.sampledCells)) {
          let value = values[row * width + column], magnitude = signed ? abs(value) : value
          if magnitude > 0, magnitude < .infinity { sample.append(magnitude) }
        }
        sample.sort()
        if !sample.isEmpty { rows.include(sample[sample.count / 2]) }
        for column in 0..<width {
          let value = values[row * width + column], magnitude = signed ? abs(value) : value
          if magnitude > 0, magnitude < .infinity {
            bins[Int(magnitude.bitPattern >> 48)] += 1
            numbers += 1
            lowest = min(lowest, magnitude)
            highest = max(highest, magnitude)
          } else if value == 0 {
            zeros += 1
          } else if value.isInfinite {
            counts[.infinite, default: 0] += 1
          } else {
            let isMissing = value.isNaN && selection.isMissing(row, column)
            counts[isMissing ? .notRecorded : .notANumber, default: 0] += 1
          }
        }
      }
    }
    if zeros > 0 { counts[.zero, default: 0] += zeros }
  }

  /// The kinds of cells without a number that were counted.
  var kinds: [CellKind] { CellKind.allCases.filter { counts[$0] != nil } }

  /// The whole decades that contain the middle 96 % of the magnitudes and the median of each row; at least one decade.
  var decades: ClosedRange<Double> {
    guard numbers > 0 else { return 0.1...1 }
    let low = Int(floor(log10(min(percentile(0.02), rows.lowest)) + 1e-9))
    let high = Int(ceil(log10(max(percentile(0.98), rows.highest)) - 1e-9))
    // Within the powers of ten that a Double holds with all its digits.
    let lowest = min(max(low, -307), 306)
    return pow(10, Double(lowest))...pow(10, Double(min(max(high, lowest + 1), 307)))
  }

  /// A round number that at least 98 % of the magnitudes and no row's median exceed; 1 where there are none.
  var roundLimit: Double {
    guard numbers > 0 else { return 1 }
    let limit = min(max(percentile(0.98), rows.highest, 1e-300), 1e307), unit = pow(10, floor(log10(limit)))
    return ([1.0, 1.5, 2, 3, 4, 5, 6, 8, 10].first { $0 * unit >= limit * 0.999 } ?? 10) * unit
  }

  /// The quantile of the magnitudes for a share from 0 to 1, to the precision of a bin.
  private func percentile(_ share: Double) -> Double {
    let wanted = Int(share * Double(numbers - 1))
    var seen = 0
    for (bin, count) in bins.enumerated() {
      seen += count
      guard seen > wanted else { continue }
      return min(max(Double(bitPattern: UInt64(bin) << 48 | 1 << 47), lowest), highest)
    }
    return highest
  }
}
