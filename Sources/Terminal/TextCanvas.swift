import Foundation
import Plotting

/// A canvas of characters: braille patterns for lines, half blocks for images, a symbol per dot, and letters for text.
///
/// A character is 8 units wide and 16 high, and holds 2 × 4 braille dots. Colours with little contrast to the background (grids,
/// bands, raw values) are not drawn, since a braille dot has no opacity.
final class TextCanvas: Canvas {
  static let cellSize = Size(width: 8, height: 16)
  private static let dot = 4.0

  /// The content of one character cell.
  private struct Cell {
    var letter: Character?
    var dots: UInt8 = 0
    var color: UInt32?
    /// The pixels of the upper and the lower half, where an image is.
    var halves: (upper: UInt32, lower: UInt32)?
    /// Whether it is the second half of a wide letter.
    var isCovered = false
  }

  private let columns, rows: Int
  private let background: Color
  private var cells: [Cell]
  private var clip: Rectangle

  /// Half a character is the smallest area with its own colour.
  let resolution = 1 / 8.0

  let rowHeight = cellSize.height

  init(columns: Int, rows: Int, background: Color) {
    self.columns = columns
    self.rows = rows
    self.background = background
    cells = [Cell](repeating: Cell(), count: columns * rows)
    clip = Rectangle(
      left: 0, top: 0, width: Double(columns) * Self.cellSize.width, height: Double(rows) * Self.cellSize.height)
  }

  func measure(_ text: String, _ font: Font) -> TextExtent {
    TextExtent(width: Double(text.reduce(0) { $0 + width(of: $1) }) * Self.cellSize.width, ascent: 12, descent: 4)
  }

  private func width(of letter: Character) -> Int {
    letter.unicodeScalars.first.map { (0x1100...0x115F).contains($0.value) || $0.value >= 0x2E80 ? 2 : 1 } ?? 1
  }

  func fill(_ rectangle: Rectangle, _ color: Color) {
    fill(
      [
        Point(rectangle.left, rectangle.top), Point(rectangle.right, rectangle.top),
        Point(rectangle.right, rectangle.bottom), Point(rectangle.left, rectangle.bottom),
      ], color)
  }

  func fill(_ polygon: [Point], _ color: Color) {
    guard let pixel = visiblePixel(color), let top = polygon.map(\.y).min(), let bottom = polygon.map(\.y).max() else {
      return
    }
    guard polygon.count > 2, polygon.allSatisfy(\.isInReach), bottom > clip.top, top < clip.bottom else { return }
    let first = Int(max(top, 0) / Self.dot), last = Int(min(bottom, Double(rows) * Self.cellSize.height) / Self.dot)
    for row in first...max(first, last) {
      let y = (Double(row) + 0.5) * Self.dot
      var crossings: [Double] = []
      for index in polygon.indices {
        let a = polygon[index], b = polygon[(index + 1) % polygon.count]
        if (a.y <= y) != (b.y <= y) { crossings.append(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x)) }
      }
      crossings.sort()
      for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
        let left = max(crossings[pair], clip.left), right = min(crossings[pair + 1], clip.right)
        for x in stride(from: left, through: right, by: Self.dot) { set(Point(x, y), pixel) }
      }
    }
    // A polygon smaller than a dot gets one dot.
    set(Point((polygon.map(\.x).min()! + polygon.map(\.x).max()!) / 2, (top + bottom) / 2), pixel)
  }

  func stroke(_ line: [Point], _ stroke: Stroke) {
    guard let pixel = visiblePixel(stroke.color), let first = line.first, line.allSatisfy(\.isInReach) else { return }
    set(first, pixel)
    // Each dash and each gap as a number of braille dots, so that patterns differ.
    let dashes = stroke.dash.map { max(Int(($0 / 2.5).rounded()), 1) }, period = dashes.reduce(0, +)
    var isDrawn: [Bool] = []
    for (index, length) in dashes.enumerated() { isDrawn += Array(repeating: index % 2 == 0, count: length) }
    var drawn = 0
    for (a, b) in zip(line, line.dropFirst()) {
      let steps = max(1, Int(min(max(abs(b.x - a.x), abs(b.y - a.y)) / Self.dot, 1e5).rounded(.up)))
      for step in 1...steps {
        drawn += 1
        if period > 0, !isDrawn[drawn % period] { continue }
        let fraction = Double(step) / Double(steps)
        set(Point(a.x + (b.x - a.x) * fraction, a.y + (b.y - a.y) * fraction), pixel)
      }
    }
  }

  func dot(_ shape: DotShape, at centre: Point, size: Double, _ color: Color) {
    guard let pixel = visiblePixel(color), centre.isInReach, clip.contains(centre) else { return }
    let column = Int(centre.x / Self.cellSize.width), row = Int(centre.y / Self.cellSize.height)
    guard centre.x >= 0, centre.y >= 0, column < columns, row < rows else { return }
    let symbol: Character =
      switch shape {
      case .circle: "●"
      case .square: "■"
      case .triangle: "▲"
      case .diamond: "◆"
      case .cross: "×"
      case .plus: "+"
      case .ring: "○"
      }
    let index = row * columns + column
    guard cells[index].letter.map("●■▲◆×+○".contains) ?? true, !cells[index].isCovered else { return }
    cells[index] = Cell(letter: symbol, color: pixel)
  }

  func text(_ text: String, at point: Point, _ font: Font, _ color: Color, rotated: Bool) {
    guard !rotated, point.isInReach else { return }
    let row = Int(((point.y - 12) / Self.cellSize.height).rounded())
    var column = Int((point.x / Self.cellSize.width).rounded())
    guard row >= 0, row < rows else { return }
    for letter in text {
      let width = width(of: letter)
      if column >= 0, column + width <= columns {
        let index = row * columns + column
        cells[index] = Cell(letter: letter, color: color.over(background).pixel)
        if width == 2 { cells[index + 1] = Cell(isCovered: true) }
      }
      column += width
    }
  }

  func image(_ image: PixelImage, in rectangle: Rectangle) {
    let half = Self.cellSize.height / 2
    func pixel(_ x: Double, _ y: Double) -> UInt32 {
      let column = Int((x - rectangle.left) / rectangle.width * Double(image.width))
      let row = Int((y - rectangle.top) / rectangle.height * Double(image.height))
      return image.pixels[min(max(row, 0), image.height - 1) * image.width + min(max(column, 0), image.width - 1)]
    }
    for row in 0..<rows {
      for column in 0..<columns {
        let x = (Double(column) + 0.5) * Self.cellSize.width, y = (Double(row) + 0.25) * Self.cellSize.height
        guard x > rectangle.left, x < rectangle.right, y + half / 2 > rectangle.top, y + half / 2 < rectangle.bottom
        else {
          continue
        }
        cells[row * columns + column] = Cell(halves: (pixel(x, y), pixel(x, y + half)))
      }
    }
  }

  func clip(to rectangle: Rectangle, _ body: () -> Void) {
    let before = clip
    clip = rectangle
    body()
    clip = before
  }

  /// The pixel of a colour on the background; nil where the contrast is too low to see.
  private func visiblePixel(_ color: Color) -> UInt32? {
    let opaque = color.over(background)
    return opaque.contrast(with: background) < 1.7 ? nil : opaque.pixel
  }

  private func set(_ point: Point, _ pixel: UInt32) {
    guard point.x >= clip.left, point.x <= clip.right, point.y >= clip.top, point.y <= clip.bottom else { return }
    let x = Int(point.x / Self.dot), y = Int(point.y / Self.dot)
    guard x >= 0, y >= 0, x / 2 < columns, y / 4 < rows else { return }
    let index = y / 4 * columns + x / 2
    guard cells[index].letter == nil, cells[index].halves == nil, !cells[index].isCovered else { return }
    // The bits of a braille pattern: 1 4, 2 5, 3 6, 7 8.
    cells[index].dots |= [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80][y % 4 * 2 + x % 2]
    cells[index].color = pixel
  }

  /// The lines of text, without spaces at their ends.
  func lines(_ colors: TerminalColors) -> [String] {
    (0..<rows).map { row in
      var line = TerminalLine(colors)
      for cell in cells[row * columns..<(row + 1) * columns] where !cell.isCovered {
        if let letter = cell.letter {
          line.append(letter, color: cell.color)
        } else if let (upper, lower) = cell.halves {
          line.append(upper: upper, lower: lower)
        } else if cell.dots != 0 {
          line.append(Character(UnicodeScalar(0x2800 + UInt32(cell.dots))!), color: cell.color)
        } else {
          line.append(" ", color: nil)
        }
      }
      return line.text
    }
  }
}

extension Point {
  /// Whether both coordinates are numbers that integers can hold.
  fileprivate var isInReach: Bool { abs(x) < 1e15 && abs(y) < 1e15 }
}
