extension Cells {
  /// The cells as `width` × `height` pixels, the first row at the bottom. Where several columns share a pixel it shows the
  /// geometric mean of their magnitudes, but a value that is NaN, infinite, zero or missing wins, in the order of `Kind`.
  func pixels(width: Int, height: Int, unit: Int, theme: Theme) -> [UInt32] {
    guard rows > 0, columns > 0, let first = columnEdges.first, let last = columnEdges.last, last > first else {
      return [UInt32](repeating: theme.grid.code, count: width * height)
    }
    // Which columns lie under each pixel: at least one, all of those that begin inside it.
    var ranges: [Range<Int>] = []
    var column = 0
    for x in 0..<width {
      let left = first + (last - first) * Double(x) / Double(width),
        right = first + (last - first) * Double(x + 1) / Double(width)
      while column + 1 < columns, columnEdges[column + 1] <= left { column += 1 }
      var end = column + 1
      while end < columns, columnEdges[end] < right { end += 1 }
      // A column that ends inside the pixel belongs to it only if it has no pixel of its own.
      let start =
        end - column > 1 && columnEdges[column + 1] - left < (right - left) / 2 && columnEdges[column] < left
        ? column + 1 : column
      ranges.append(start..<end)
    }
    var pixels = [UInt32](repeating: 0, count: width * height)
    var lastRow = -1
    var kinds = [ColorScale.Kind](repeating: .number, count: width), codes = [UInt32](repeating: 0, count: width)
    for y in 0..<height {
      let row = min(rows - 1, (height - 1 - y) * rows / height)
      if row != lastRow {
        for x in 0..<width { (kinds[x], codes[x]) = summary(row, ranges[x]) }
        lastRow = row
      }
      for x in 0..<width {
        pixels[y * width + x] =
          kinds[x] == .number ? codes[x] : ColorScale.pixel(kinds[x], x: x, y: y, unit: unit, theme: theme)
      }
    }
    return pixels
  }

  private func summary(_ row: Int, _ range: Range<Int>) -> (ColorScale.Kind, UInt32) {
    var kind = ColorScale.Kind.number, exponents = 0.0
    for column in range {
      let value = values[row * columns + column], this = ColorScale.kind(of: value)
      if this.rawValue > kind.rawValue { kind = this }
      if this == .number { exponents += decimalLogarithm(abs(value!)) }
    }
    return kind == .number
      ? (.number, colors.map.code(at: colors.place(ofLogarithm: exponents / Double(range.count)))) : (kind, 0)
  }

  /// The kinds of values without a colour that occur.
  public var specialKinds: Set<ColorScale.Kind> { Set(values.lazy.map(ColorScale.kind)).subtracting([.number]) }
}
