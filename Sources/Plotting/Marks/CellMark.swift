import Support

/// A heatmap: a grid of cells coloured by their values. The first row is at the bottom. Rows are centred at y = 0, 1, 2 and so on
/// unless `height` is given.
///
///     CellMark(columns: steps, values: gradients, colors: ColorScale(Scale(.log, from: 1e-6, to: 1), .viridis))
///
/// A pixel that covers several cells shows their mean, geometric on a logarithmic scale. If one of them is NaN or infinite, the
/// pixel shows that. If one lies outside of the colour scale, the pixel has the colour of the one farthest outside, so that a single
/// extreme is seen. If zeros are at least half of the cells on a logarithmic scale, it shows zero. The title of the
/// panel's x axis states how many cells a pixel covers.
public struct CellMark: Mark {
  /// The x of each column's centre, ascending. A column extends half the distance to its neighbours, and the first and the last one to
  /// the ends of `width`.
  public var columns: [Double]
  /// For each row of cells from the bottom, the index of the row of `values` that it shows.
  public var rows: [Int]
  /// The values, row by row, each row of `columns.count` values.
  public var values: [Double]
  /// Whether a NaN in `values` means "not recorded", for an index of a row of `values` and an index of a column.
  public var isMissing: @Sendable (Int, Int) -> Bool
  /// The mapping from values to colours.
  public var colors: ColorScale
  /// The interval on the y axis that all rows share equally; nil for −0.5 to `rows.count` − 0.5.
  public var height: ClosedRange<Double>?
  /// The interval on the x axis that the columns fill, which contains their centres; nil for half a distance beyond the outer ones.
  public var width: ClosedRange<Double>?
  /// The name of several columns and of several rows, such as "steps" and "layers"; empty for cells that axis titles don't count.
  public var units = (columns: "", rows: "")

  /// A heatmap of values, row by row. By default, all rows of `values` are drawn, the first at the bottom.
  ///
  /// Stops the program if a row of `rows` does not lie in `values`.
  public init(
    columns: [Double], rows: [Int]? = nil, values: [Double], colors: ColorScale, height: ClosedRange<Double>? = nil,
    width: ClosedRange<Double>? = nil, units: (columns: String, rows: String) = ("", ""),
    isMissing: @escaping @Sendable (Int, Int) -> Bool = { _, _ in false }
  ) {
    self.columns = columns
    self.rows = rows ?? Array(0..<values.count / max(columns.count, 1))
    self.values = values
    self.colors = colors
    self.height = height
    self.width = width
    self.units = units
    self.isMissing = isMissing
    checkRows()
  }

  private func checkRows() {
    let count = values.count / max(columns.count, 1)
    guard let row = rows.first(where: { $0 < 0 || $0 >= count }), !columns.isEmpty else { return }
    stop(
      "CellMark",
      "there is no row \(row): \(values.count) values make \(counted(count, "row")) of \(columns.count) columns")
  }

  /// The x of the columns' sides, `columns.count` + 1 of them.
  private var edges: [Double] {
    let inner = zip(columns, columns.dropFirst()).map { ($0 + $1) / 2 }
    let first = columns[0], last = columns[columns.count - 1]
    let left = width?.lowerBound ?? inner.first.map { 2 * first - $0 } ?? first - 0.5
    let right = width?.upperBound ?? inner.last.map { 2 * last - $0 } ?? last + 0.5
    return [left] + inner + [right]
  }

  private var vertical: ClosedRange<Double> { height ?? -0.5...Double(rows.count) - 0.5 }

  /// Includes the cells.
  public func extend(_ limits: inout DataLimits) {
    guard !columns.isEmpty, !rows.isEmpty else { return }
    limits.x.include(edges)
    limits.y.include([vertical.lowerBound, vertical.upperBound])
  }

  /// Draws the mark. Stops the program if a row of `rows` does not lie in `values`.
  public func draw(in area: PlotArea, on canvas: any Canvas) {
    guard !columns.isEmpty, !rows.isEmpty else { return }
    // Rows and values may have changed since they were given.
    checkRows()
    let edges = edges
    guard let left = area.x(of: edges[0]), let right = area.x(of: edges[edges.count - 1]),
      let top = area.y(of: vertical.upperBound), let bottom = area.y(of: vertical.lowerBound)
    else { return }
    if canvas.scalesImages, hasEqualColumns,
      Double(columns.count) <= (right - left) * canvas.resolution,
      Double(rows.count) <= (bottom - top) * canvas.resolution
    {
      let frame = Rectangle(left: left, top: top, width: right - left, height: bottom - top)
      return drawCells(in: frame, area.theme, on: canvas)
    }
    // Aligned to whole pixels, so that cells are sharp and patterns regular.
    let resolution = canvas.resolution
    let firstColumn = Int((left * resolution).rounded()), firstRow = Int((top * resolution).rounded())
    let width = max(1, Int((right * resolution).rounded()) - firstColumn)
    let height = max(1, Int((bottom * resolution).rounded()) - firstRow)
    let painter = CellPainter(self, colors: CellColors(area.theme), unit: max(1, Int(resolution.rounded())))
    let ranges = pixelRanges(edges: edges, width: width)
    let pixels = [UInt32](unsafeUninitializedCapacity: width * height) { pixels, count in
      count = width * height
      var previous: (rows: Range<Int>, start: UnsafeMutablePointer<UInt32>)?
      for pixelRow in 0..<height {
        let rows = cellRange(pixel: height - 1 - pixelRow, of: height, cells: rows.count)
        let start = pixels.baseAddress! + pixelRow * width
        if let previous, previous.rows == rows {
          start.initialize(from: previous.start, count: width)
        } else {
          let hasPattern = painter.paint(rows: rows, ranges, atPixelRow: pixelRow, into: start)
          previous = hasPattern ? nil : (rows, start)
        }
      }
    }
    canvas.image(
      PixelImage(width: width, height: height, pixels: pixels),
      in: Rectangle(
        left: Double(firstColumn) / resolution, top: Double(firstRow) / resolution, width: Double(width) / resolution,
        height: Double(height) / resolution))
  }

  /// How many columns and rows a pixel covers, in a plot of this many pixels, in words for the title of the x axis; empty where each has a
  /// pixel of its own.
  func pixelNote(width: Double, height: Double) -> String {
    func note(_ cells: Int, _ pixels: Double, _ unit: String) -> String {
      let share = Double(cells) / max(pixels, 1)
      guard !unit.isEmpty, share > 1 else { return "" }
      let low = Int(share.rounded(.down)), high = Int(share.rounded(.up))
      return "\(low == high ? "\(low)" : "\(low) to \(high)") \(unit)"
    }
    let notes = [note(columns.count, width, units.columns), note(rows.count, height, units.rows)]
      .filter { !$0.isEmpty }
    return notes.isEmpty ? "" : "each pixel: \(notes.joined(separator: " × "))"
  }

  /// The columns that each pixel shows: those with their centre in it, or else the one that covers it.
  private func pixelRanges(edges: [Double], width: Int) -> [Range<Int>] {
    let first = edges[0], unit = (edges[edges.count - 1] - first) / Double(width)
    var ranges: [Range<Int>] = []
    var next = 0, holding = 0
    for pixel in 0..<width {
      let end = first + Double(pixel + 1) * unit, middle = first + (Double(pixel) + 0.5) * unit
      let begin = next
      while next < columns.count, (edges[next] + edges[next + 1]) / 2 < end { next += 1 }
      while holding < columns.count - 1, edges[holding + 1] <= middle { holding += 1 }
      ranges.append(next - begin > 1 ? begin..<next : holding..<holding + 1)
    }
    return ranges
  }

  /// The cells that a pixel shows, where `pixels` pixels show `cells` cells of equal size.
  private func cellRange(pixel: Int, of pixels: Int, cells: Int) -> Range<Int> {
    if cells <= pixels {
      let cell = (2 * pixel + 1) * cells / (2 * pixels)
      return cell..<cell + 1
    }
    return pixel * cells / pixels..<(pixel + 1) * cells / pixels
  }
}
