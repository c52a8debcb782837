/// Text broken into lines, from `Canvas.wrap`. Lengths are in units of 1/96 inch.
public struct TextBlock: Sendable, Hashable {
  /// The lines.
  public let lines: [String]
  /// The font of all lines.
  public let font: Font
  /// The width of the widest line.
  public let width: Double
  /// The distance between two baselines.
  public let lineHeight: Double
  /// The distance from the top to the first baseline.
  public let ascent: Double

  /// The height of all lines.
  public var height: Double { Double(lines.count) * lineHeight }

  static let empty = TextBlock(lines: [], font: Font(size: 1), width: 0, lineHeight: 0, ascent: 0)
}

extension Canvas {
  /// Breaks text into lines of at most a width, at spaces and newlines. At most `limit` lines are kept; lines that are too long,
  /// and the last one where text is left, end in an ellipsis.
  public func wrap(_ text: String, _ font: Font, width: Double, limit: Int = .max) -> TextBlock {
    guard !text.isEmpty else { return .empty }
    // No canvas has room for more, and breaking it into lines would take long.
    let longest = LabelCanvas.longestText
    let text = text.utf8.count > longest ? String(text.unicodeScalars.prefix(longest)) + "…" : text
    let extent = measure(text, font)
    if extent.width <= width, !text.contains("\n") {
      return TextBlock(
        lines: [text], font: font, width: extent.width, lineHeight: extent.height * 1.08, ascent: extent.ascent)
    }
    var lines: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
      var line = ""
      for word in paragraph.split(separator: " ") {
        let longer = line.isEmpty ? String(word) : line + " " + word
        if line.isEmpty || measure(longer, font).width <= width {
          line = longer
        } else {
          lines.append(line)
          line = String(word)
        }
      }
      lines.append(line)
    }
    if lines.count > limit {
      lines = Array(lines.prefix(limit - 1)) + [lines.dropFirst(limit - 1).joined(separator: " ")]
    }
    lines = lines.map { shorten($0, font, width: width) }
    return TextBlock(
      lines: lines, font: font, width: lines.reduce(0) { max($0, measure($1, font).width) },
      lineHeight: extent.height * 1.08, ascent: extent.ascent)
  }

  /// The text if it fits a width; else as much of its beginning as fits, and an ellipsis. With `keepsEnd`, the end is kept.
  public func shorten(_ text: String, _ font: Font, width: Double, keepsEnd: Bool = false) -> String {
    let longest = LabelCanvas.longestText, isLong = text.utf8.count > longest
    let scalars = text.unicodeScalars
    let text = isLong ? String(keepsEnd ? scalars.suffix(longest) : scalars.prefix(longest)) : text
    guard isLong || measure(text, font).width > width else { return text }
    func part(_ count: Int) -> String { keepsEnd ? "…" + text.suffix(count) : text.prefix(count) + "…" }
    var low = 0, high = max(text.count - 1, 0)
    while low < high {
      let middle = (low + high + 1) / 2
      if measure(part(middle), font).width <= width { low = middle } else { high = middle - 1 }
    }
    return part(low)
  }

  /// The text, shortened by at most a fifth; empty where more would be lost, since such a title would mislead.
  func shortenOrDrop(_ text: String, _ font: Font, width: Double) -> String {
    let short = shorten(text, font, width: width)
    return 5 * short.count >= 4 * text.count ? short : ""
  }

  /// Draws lines of text below `top`, starting at `left`.
  public func draw(_ block: TextBlock, left: Double, top: Double, _ color: Color) {
    for (index, line) in block.lines.enumerated() where !line.isEmpty {
      text(
        line, at: Point(left, top + Double(index) * block.lineHeight + block.ascent), block.font, color, rotated: false)
    }
  }
}
