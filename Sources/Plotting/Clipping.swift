extension Rect {
  /// The rectangle with `margin` more at each side.
  func widened(by margin: Double) -> Rect {
    Rect(left: left - margin, top: top - margin, width: width + 2 * margin, height: height + 2 * margin)
  }

  /// The parts of a line that lie inside: a renderer would otherwise walk along every dash of what nobody sees.
  ///
  /// Source: Liang and Barsky, "A new concept and method for line clipping", 1984.
  package func clipping(_ line: [Point]) -> [[Point]] {
    if line.count == 1 { return [line] }
    var pieces: [[Point]] = []
    var piece: [Point] = []
    func end() {
      if !piece.isEmpty { pieces.append(piece) }
      piece = []
    }
    for (from, to) in zip(line, line.dropFirst()) {
      guard let (enter, leave) = inside(from, to) else {
        end()
        continue
      }
      if piece.isEmpty { piece.append(between(from, to, enter)) }
      piece.append(between(from, to, leave))
      if leave < 1 { end() }
    }
    end()
    return pieces
  }

  /// Where a segment enters and leaves, as shares of its length; nil where it passes by.
  private func inside(_ from: Point, _ to: Point) -> (Double, Double)? {
    var enter = 0.0, leave = 1.0
    for (step, room) in [
      (from.x - to.x, from.x - left), (to.x - from.x, right - from.x), (from.y - to.y, from.y - top),
      (to.y - from.y, bottom - from.y),
    ] {
      if step == 0 {
        if room < 0 { return nil }
      } else if step < 0 {
        enter = max(enter, room / step)
      } else {
        leave = min(leave, room / step)
      }
    }
    return enter <= leave ? (enter, leave) : nil
  }

  private func between(_ from: Point, _ to: Point, _ share: Double) -> Point {
    share == 0 ? from : share == 1 ? to : Point(from.x + share * (to.x - from.x), from.y + share * (to.y - from.y))
  }
}
