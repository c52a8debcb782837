import CairoBackend
import Plotting

/// An image in DEC's sixel format: bands of six rows of pixels, each with one layer per colour, at most 256 colours.
///
/// Source: VT330/VT340 Programmer Reference Manual, volume 2, chapter 14, 1988.
package struct Sixel {
  private let rows: [[UInt32]]
  private let palette: Palette

  /// An image from its rows of pixels, 0xRRGGBB. All rows have the same length.
  package init(rows: [[UInt32]]) {
    self.rows = rows
    palette = Palette(rows.joined(), limit: 256)
  }

  /// The characters that make a terminal show the image.
  package var escapeSequence: String {
    // The second parameter, 1, leaves pixels without a colour unchanged; there are none.
    var text = "\u{1B}P0;1q\"1;1;\(rows.first?.count ?? 0);\(rows.count)"
    for (index, color) in palette.colors.enumerated() {
      func percent(_ part: UInt32) -> UInt32 { (part & 0xFF) * 100 / 255 }
      text += "#\(index);2;\(percent(color >> 16));\(percent(color >> 8));\(percent(color))"
    }
    for top in stride(from: 0, to: rows.count, by: 6) { text += band(rows[top..<min(top + 6, rows.count)]) }
    return text + "\u{1B}\\\n"
  }

  /// One band of six rows: a layer per colour.
  private func band(_ rows: ArraySlice<[UInt32]>) -> String {
    let indices = rows.map { row in row.map(palette.index) }
    let used = Set(indices.joined()).sorted()
    return used.map { color in
      // The lowest bit is the top pixel.
      let bits = (0..<indices[0].count).map { x in
        indices.indices.reduce(UInt8(0)) { $0 | (indices[$1][x] == color ? 1 << UInt8($1) : 0) }
      }
      return "#\(color)" + runs(bits)
    }.joined(separator: "$") + "-"
  }

  /// The characters of one layer; more than three equal characters are written as a count.
  private func runs(_ bits: [UInt8]) -> String {
    var text = "", start = 0
    while start < bits.count {
      let end = bits[start...].firstIndex { $0 != bits[start] } ?? bits.count
      let letter = String(UnicodeScalar(63 + bits[start]))
      text += end - start > 3 ? "!\(end - start)\(letter)" : String(repeating: letter, count: end - start)
      start = end
    }
    return text
  }
}
