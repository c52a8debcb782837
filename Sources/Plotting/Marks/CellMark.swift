import Foundation

/// What gives numbers a colour.
public struct ColorScale: Sendable, Hashable {
  /// What places numbers between the map's ends; those beyond take the end's colour.
  public var scale: Scale
  /// The colours.
  public var map: ColorMap

  /// A colour scale made of its parts.
  public init(_ scale: Scale, _ map: ColorMap) {
    self.scale = scale
    self.map = map
  }

  var isLog: Bool { scale.kind == .log }
}

/// A heatmap: one cell a row and column, row 0 at the bottom, rows at y = 0, 1, 2 and so on unless `height` says otherwise.
///
/// Where a pixel covers several cells it shows their mean, geometric on a logarithmic scale, but a NaN or an infinity wins its
/// pixel, and zeros win where they are at least half.
public struct CellMark: Mark {
  /// The x of each column, ascending; a column reaches halfway to its neighbours.
  public var columns: [Double]
  /// For each row from the bottom, which row of `values` it shows.
  public var rows: [Int]
  /// The values, row by row, as many a row as there are columns.
  public var values: [Double]
  /// Whether a NaN in `values` stands for "not recorded", by row of `values` and column.
  public var isMissing: @Sendable (Int, Int) -> Bool
  /// What gives them colours.
  public var colors: ColorScale
  /// Where all rows together begin and end along the y axis, each as high as the others; −½ to half a row above the last, if nil.
  public var height: ClosedRange<Double>?

  /// Cells made of their parts.
  public init(
    columns: [Double], rows: [Int], values: [Double], colors: ColorScale, height: ClosedRange<Double>? = nil,
    isMissing: @escaping @Sendable (Int, Int) -> Bool = { _, _ in false }
  ) {
    self.columns = columns
    self.rows = rows
    self.values = values
    self.colors = colors
    self.height = height
    self.isMissing = isMissing
  }

  /// Where columns begin and end: one more than there are columns.
  private var edges: [Double] {
    guard columns.count > 1 else { return columns.flatMap { [$0 - 0.5, $0 + 0.5] } }
    let inner = zip(columns, columns.dropFirst()).map { ($0 + $1) / 2 }
    return [2 * columns[0] - inner[0]] + inner + [2 * columns[columns.count - 1] - inner[inner.count - 1]]
  }

  private var vertical: ClosedRange<Double> { height ?? -0.5...Double(rows.count) - 0.5 }

  /// Asks for its values to be seen.
  public func extend(_ extent: inout Extent) {
    guard !columns.isEmpty, !rows.isEmpty else { return }
    extent.x.include(edges)
    extent.y.include([vertical.lowerBound, vertical.upperBound])
  }

  /// Draws itself.
  public func draw(in frame: Frame, on canvas: any Canvas) {
    guard !columns.isEmpty, !rows.isEmpty else { return }
    let edges = edges
    guard let left = frame.left(of: edges[0]), let right = frame.left(of: edges[edges.count - 1]),
      let top = frame.top(of: vertical.upperBound), let bottom = frame.top(of: vertical.lowerBound)
    else { return }
    // Whole pixels, so that nothing is blurred and patterns are even.
    let resolution = canvas.resolution
    let firstColumn = Int((left * resolution).rounded()), firstRow = Int((top * resolution).rounded())
    let width = max(1, Int((right * resolution).rounded()) - firstColumn)
    let height = max(1, Int((bottom * resolution).rounded()) - firstRow)
    let painter = CellPainter(self, theme: CellTheme(frame.theme), unit: max(1, Int(resolution.rounded())))
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

  /// The columns that each pixel shows: those whose middle lies in it, else the one that it lies in.
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

  /// The cells that a pixel shows where `pixels` of them show `cells` evenly.
  private func cellRange(pixel: Int, of pixels: Int, cells: Int) -> Range<Int> {
    if cells <= pixels {
      let cell = (2 * pixel + 1) * cells / (2 * pixels)
      return cell..<cell + 1
    }
    return pixel * cells / pixels..<(pixel + 1) * cells / pixels
  }
}
