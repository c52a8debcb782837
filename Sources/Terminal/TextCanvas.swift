import Foundation
import Plotting

/// A canvas of characters: lines become braille dots, cells of heatmaps half blocks, and letters stay letters.
///
/// A character is 8 units wide and 16 high, and holds 2 × 4 dots. What hardly differs from the ground (grids, bands, raw values)
/// is left out, since characters have no faint ink.
final class TextCanvas: Canvas {
  static let cell = Size(width: 8, height: 16)
  private static let dot = 4.0

  private struct Place {
    var letter: Character?
    var dots: UInt8 = 0
    var ink: UInt32?
    /// The upper and the lower half's pixel, where an image lies.
    var halves: (upper: UInt32, lower: UInt32)?
    /// Whether a wide letter to the left reaches into it.
    var isCovered = false
  }

  private let columns, rows: Int
  private let ground: Color
  private var places: [Place]
  private var clip: Rectangle

  /// Halves of a character are the smallest areas with a colour of their own.
  let resolution = 1 / 8.0

  init(columns: Int, rows: Int, ground: Color) {
    self.columns = columns
    self.rows = rows
    self.ground = ground
    places = [Place](repeating: Place(), count: columns * rows)
    clip = Rectangle(
      left: 0, top: 0, width: Double(columns) * Self.cell.width, height: Double(rows) * Self.cell.height)
  }

  func measure(_ text: String, _ font: Font) -> TextExtent {
    TextExtent(width: Double(text.reduce(0) { $0 + width(of: $1) }) * Self.cell.width, ascent: 12, descent: 4)
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
    guard let ink = ink(color), let top = polygon.map(\.y).min(), let bottom = polygon.map(\.y).max() else { return }
    guard polygon.count > 2, bottom > clip.top, top < clip.bottom else { return }
    let first = max(Int(top / Self.dot), 0), last = min(Int(bottom / Self.dot), rows * 4)
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
        for x in stride(from: left, through: right, by: Self.dot) { set(Point(x, y), ink) }
      }
    }
    // What is smaller than a dot is still seen.
    set(Point((polygon.map(\.x).min()! + polygon.map(\.x).max()!) / 2, (top + bottom) / 2), ink)
  }

  func stroke(_ line: [Point], _ stroke: Stroke) {
    guard let ink = ink(stroke.color), let first = line.first else { return }
    set(first, ink)
    var walked = 0
    for (a, b) in zip(line, line.dropFirst()) {
      let steps = max(1, Int(min(max(abs(b.x - a.x), abs(b.y - a.y)) / Self.dot, 1e5).rounded(.up)))
      for step in 1...steps {
        walked += 1
        if !stroke.dash.isEmpty, walked % 3 == 0 { continue }
        let share = Double(step) / Double(steps)
        set(Point(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share), ink)
      }
    }
  }

  func text(_ text: String, at point: Point, _ font: Font, _ color: Color, rising: Bool) {
    guard !rising else { return }
    let row = Int(((point.y - 12) / Self.cell.height).rounded())
    var column = Int((point.x / Self.cell.width).rounded())
    guard row >= 0, row < rows else { return }
    for letter in text {
      let width = width(of: letter)
      if column >= 0, column + width <= columns {
        let place = row * columns + column
        places[place] = Place(letter: letter, ink: color.over(ground).pixel)
        if width == 2 { places[place + 1] = Place(isCovered: true) }
      }
      column += width
    }
  }

  func image(_ image: PixelImage, in rectangle: Rectangle) {
    let half = Self.cell.height / 2
    func pixel(_ x: Double, _ y: Double) -> UInt32 {
      let column = Int((x - rectangle.left) / rectangle.width * Double(image.width))
      let row = Int((y - rectangle.top) / rectangle.height * Double(image.height))
      return image.pixels[min(max(row, 0), image.height - 1) * image.width + min(max(column, 0), image.width - 1)]
    }
    for row in 0..<rows {
      for column in 0..<columns {
        let x = (Double(column) + 0.5) * Self.cell.width, y = (Double(row) + 0.25) * Self.cell.height
        guard x > rectangle.left, x < rectangle.right, y + half / 2 > rectangle.top, y + half / 2 < rectangle.bottom
        else {
          continue
        }
        places[row * columns + column] = Place(halves: (pixel(x, y), pixel(x, y + half)))
      }
    }
  }

  func clip(to rectangle: Rectangle, _ body: () -> Void) {
    let before = clip
    clip = rectangle
    body()
    clip = before
  }

  private func ink(_ color: Color) -> UInt32? {
    let seen = color.over(ground)
    return seen.contrast(with: ground) < 1.7 ? nil : seen.pixel
  }

  private func set(_ point: Point, _ ink: UInt32) {
    guard point.x >= clip.left, point.x <= clip.right, point.y >= clip.top, point.y <= clip.bottom else { return }
    let x = Int(point.x / Self.dot), y = Int(point.y / Self.dot)
    guard x >= 0, y >= 0, x / 2 < columns, y / 4 < rows else { return }
    let place = y / 4 * columns + x / 2
    guard places[place].letter == nil, places[place].halves == nil, !places[place].isCovered else { return }
    // The bits of a braille pattern: 1 4, 2 5, 3 6, 7 8.
    places[place].dots |= [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80][y % 4 * 2 + x % 2]
    places[place].ink = ink
  }

  /// The characters, line by line, without spaces at their ends.
  func lines(_ colors: TerminalColors) -> [String] {
    (0..<rows).map { row in
      var line = TerminalLine(colors)
      for place in places[row * columns..<(row + 1) * columns] where !place.isCovered {
        if let letter = place.letter {
          line.append(letter, ink: place.ink)
        } else if let (upper, lower) = place.halves {
          line.append(upper: upper, lower: lower)
        } else if place.dots != 0 {
          line.append(Character(UnicodeScalar(0x2800 + UInt32(place.dots))!), ink: place.ink)
        } else {
          line.append(" ", ink: nil)
        }
      }
      return line.text
    }
  }
}
