import CairoBackend
import Foundation
import Plotting
import Terminal
import Testing

@Suite struct SixelTests {
  /// The pixels that a terminal would show; nil if the text is not sixel.
  private func decode(_ text: String) -> [[[Int]?]]? {
    guard text.hasPrefix("\u{1B}P0;1q\"1;1;"), text.hasSuffix("\u{1B}\\\n") else { return nil }
    var rest = Substring(text.dropFirst(7).dropLast(3))
    func number() -> Int {
      let digits = rest.prefix { $0.isNumber }
      rest = rest.dropFirst(digits.count)
      return Int(digits) ?? -1
    }
    func next(_ letter: Character) -> Bool {
      guard rest.first == letter else { return false }
      rest = rest.dropFirst()
      return true
    }
    guard number() == 1, next(";"), number() == 1, next(";") else { return nil }
    let width = number()
    guard next(";") else { return nil }
    let height = number()
    var image = [[[Int]?]](repeating: .init(repeating: nil, count: width), count: height)
    var palette: [Int: [Int]] = [:]
    var color = -1, x = 0, top = 0
    while let first = rest.first {
      if next("#") {
        color = number()
        if next(";") {
          guard number() == 2 else { return nil }
          palette[color] = (0..<3).map { _ in next(";") ? number() : -1 }
        }
      } else if next("$") {
        x = 0
      } else if next("-") {
        (x, top) = (0, top + 6)
      } else {
        let count = next("!") ? number() : 1
        guard let letter = rest.popFirst() ?? Optional(first), let bits = letter.asciiValue, bits >= 63 else {
          return nil
        }
        for row in 0..<6 where (bits - 63) >> UInt8(row) & 1 == 1 {
          guard top + row < height, x + count <= width else { return nil }
          for place in x..<x + count { image[top + row][place] = palette[color] }
        }
        x += count
      }
    }
    return palette.count <= 256 ? image : nil
  }

  @Test func everyPixelHasItsColour() throws {
    let rows: [[UInt32]] = (0..<8).map { y in (0..<5).map { x in x < 2 ? 0xFF0000 : y == 7 ? 0x3366FF : 0 } }
    let image = try #require(decode(Sixel(rows: rows).escapeSequence))
    #expect(image.count == 8 && image[0].count == 5)
    #expect(image[7] == [[100, 0, 0], [100, 0, 0], [20, 40, 100], [20, 40, 100], [20, 40, 100]])
    #expect(image[3] == [[100, 0, 0], [100, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]])
  }

  @Test func manyColoursBecome256SimilarOnes() throws {
    let rows: [[UInt32]] = (0..<40).map { y in (0..<60).map { x in UInt32(x * 4) << 16 | UInt32(y * 6) << 8 | 0x40 } }
    let image = try #require(decode(Sixel(rows: rows).escapeSequence))
    var worst = 0
    for y in 0..<40 {
      for x in 0..<60 {
        let seen = try #require(image[y][x]), color = rows[y][x]
        for (part, shift) in zip(seen, [UInt32(16), 8, 0]) {
          worst = max(worst, abs(part - Int(color >> shift & 0xFF) * 100 / 255))
        }
      }
    }
    #expect(worst <= 8, "percent")
  }

  @Test func aFigureIsCompleteAndReproducible() throws {
    let colors = ColorScale(Scale(.linear, from: 0, to: 255), .viridis)
    let figure = Figure(
      title: "Cells",
      panels: [
        Panel(
          x: Axis(.linear), y: Axis(.linear),
          marks: [
            CellMark(columns: (0..<256).map(Double.init), rows: [0], values: (0..<256).map(Double.init), colors: colors)
          ])
      ], size: Size(width: 301, height: 122))
    let text = try InlineImage.sixel.escapeSequence(for: figure)
    #expect(try text == InlineImage.sixel.escapeSequence(for: figure))
    let image = try #require(decode(text))
    #expect(image.count == 122 && image.allSatisfy { row in row.count == 301 && row.allSatisfy { $0 != nil } })
  }
}
