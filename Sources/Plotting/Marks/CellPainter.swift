import Foundation

/// Computes the pixels of a heatmap.
struct CellPainter {
  private let mark: CellMark
  private let colors: CellColors
  private let unit: Int
  private let offset: Double
  private let slope: Double
  private let isLog: Bool
  private let lower: Double, upper: Double

  init(_ mark: CellMark, colors: CellColors, unit: Int) {
    self.mark = mark
    self.colors = colors
    self.unit = unit
    let scale = mark.colors.scale
    isLog = mark.colors.isLog
    (lower, upper) = (scale.lower, scale.upper)
    let low = isLog ? log2(scale.lower) : scale.lower, high = isLog ? log2(scale.upper) : scale.upper
    slope = 255 / (high - low)
    offset = -low * slope + 0.5
  }

  /// Writes one row of pixels. The result is whether any of them belongs to a pattern.
  func paint(rows: Range<Int>, _ columns: [Range<Int>], atPixelRow y: Int, into pixels: UnsafeMutablePointer<UInt32>)
    -> Bool
  {
    var hasPattern = false
    var lastColumns = -1..<0
    var kind = CellKind.number, color: UInt32 = 0
    mark.values.withUnsafeBufferPointer { values in
      for (x, range) in columns.enumerated() {
        if range != lastColumns {
          (kind, color) =
            range.count == 1 && rows.count == 1
            ? cell(of: values, row: mark.rows[rows.lowerBound], column: range.lowerBound)
            : mean(of: values, rows, range)
          lastColumns = range
        }
        if kind == .number {
          pixels[x] = color
        } else {
          hasPattern = true
          pixels[x] = kind.pixel(x: x, y: y, unit: unit, colors)
        }
      }
    }
    return hasPattern
  }

  /// The kind and colour of the cell in a drawn row, counted from the bottom, and a column.
  func cell(row: Int, column: Int) -> (CellKind, UInt32) {
    mark.values.withUnsafeBufferPointer { cell(of: $0, row: mark.rows[row], column: column) }
  }

  /// The kind and colour of one cell.
  private func cell(of values: UnsafeBufferPointer<Double>, row: Int, column: Int) -> (CellKind, UInt32) {
    let value = values[row * mark.columns.count + column]
    let kind = kind(of: value, row: row, column: column)
    guard kind == .number else { return (kind, 0) }
    if value > upper { return (kind, mark.colors.map.abovePixel) }
    if value < lower { return (kind, mark.colors.map.belowPixel) }
    return (kind, pixel(at: isLog ? log2(value) : value))
  }

  func kind(of value: Double, row: Int, column: Int) -> CellKind {
    if value.isFinite { return !isLog || value > 0 ? .number : value == 0 ? .zero : .notANumber }
    if value.isInfinite { return .infinite }
    return mark.isMissing(row, column) ? .notRecorded : .notANumber
  }

  private func pixel(at position: Double) -> UInt32 {
    let index = position * slope + offset
    // Not where it is NaN: on a scale of extreme numbers.
    return mark.colors.map.pixels[index > 0 ? Int(min(index, 255)) : 0]
  }

  /// How far a value lies beyond a smaller one on the scale; negative where it does not.
  private func distance(from smaller: Double, to larger: Double) -> Double {
    guard larger > smaller, larger.isFinite, smaller.isFinite else { return -1 }
    return isLog ? larger / smaller : larger - smaller
  }

  /// The kind and colour of several cells: the colour of the one farthest outside of the scale, or else that of the mean. Logarithms are summed as exponents and products of significands, which is many
  /// times faster.
  private func mean(of values: UnsafeBufferPointer<Double>, _ rows: Range<Int>, _ columns: Range<Int>) -> (
    CellKind, UInt32
  ) {
    var sum = 0.0, product = 1.0, exponents = 0
    var numbers = 0, zeros = 0, isInfinite = false
    var lowest = Double.infinity, highest = -Double.infinity
    for row in rows {
      let row = mark.rows[row], start = row * mark.columns.count
      for column in columns {
        let value = values[start + column]
        if value > highest { highest = value }
        if value < lowest, value > 0 || !isLog { lowest = value }
        if value.isNormal, value > 0, isLog {
          exponents += Int(value.exponent)
          product *= value.significand
          if numbers % 512 == 511 {
            exponents += Int(product.exponent)
            product = product.significand
          }
          numbers += 1
          continue
        }
        switch kind(of: value, row: row, column: column) {
        case .number:
          if isLog { sum += log2(value) } else { sum += value }
          numbers += 1
        case .zero: zeros += 1
        case .notANumber: return (.notANumber, 0)
        case .infinite: isInfinite = true
        case .notRecorded: break
        }
      }
    }
    if isInfinite { return (.infinite, 0) }
    let above = distance(from: upper, to: highest), below = distance(from: lowest, to: lower)
    if max(above, below) > 0 {
      return (.number, above >= below ? mark.colors.map.abovePixel : mark.colors.map.belowPixel)
    }
    if zeros > 0, zeros >= numbers { return (.zero, 0) }
    if numbers == 0 { return (.notRecorded, 0) }
    if isLog { sum += Double(exponents) + log2(product) }
    return (.number, pixel(at: sum / Double(numbers)))
  }
}
