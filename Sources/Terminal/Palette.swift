/// A small set of colours that replaces all colours of an image.
///
/// Source: Heckbert, "Color image quantization for frame buffer display", 1982: the box of colours with
/// the largest error is split at its median until there are enough boxes.
struct Palette {
  /// The colours as 0xRRGGBB.
  let colors: [UInt32]
  private let indices: [UInt32: Int]

  /// At most `limit` colours for pixels 0xRRGGBB. Where there are no more colours than that, all of them.
  init(_ pixels: some Sequence<UInt32>, limit: Int) {
    var counts: [UInt32: Int] = [:]
    for pixel in pixels { counts[pixel, default: 0] += 1 }
    // Sorted, so that the same image gives the same palette.
    var boxes = [Box(counts.map { (color: $0, count: $1) }.sorted { $0.color < $1.color })]
    while boxes.count < limit, let widest = boxes.indices.max(by: { boxes[$0].weight < boxes[$1].weight }),
      let halves = boxes[widest].halves
    {
      boxes[widest] = halves.0
      boxes.append(halves.1)
    }
    colors = boxes.map(\.mean)
    indices = Dictionary(
      uniqueKeysWithValues: boxes.enumerated().flatMap { index, box in box.members.map { ($0.color, index) } })
  }

  /// The index in `colors` of the colour that replaces a colour of the image.
  func index(of color: UInt32) -> Int { indices[color]! }

  /// Colours that become one, with the number of their pixels.
  private struct Box {
    let members: [(color: UInt32, count: Int)]
    private let shift: UInt32
    private let width: UInt32

    init(_ members: [(color: UInt32, count: Int)]) {
      self.members = members
      let widths = [UInt32(16), 8, 0].map { shift in
        let parts = members.map { $0.color >> shift & 0xFF }
        return (shift: shift, width: (parts.max() ?? 0) - (parts.min() ?? 0))
      }
      (shift, width) = widths.max { $0.width < $1.width }!
    }

    var count: Int { members.reduce(0) { $0 + $1.count } }

    /// The error of replacing the box by one colour.
    var weight: Double { Double(width) * Double(count).squareRoot() }

    /// Two boxes with about the same number of pixels each; nil for a box of one colour.
    var halves: (Box, Box)? {
      guard members.count > 1 else { return nil }
      let sorted = members.sorted { ($0.color >> shift & 0xFF, $0.color) < ($1.color >> shift & 0xFF, $1.color) }
      let half = count / 2
      var seen = 0
      let middle = sorted.firstIndex {
        seen += $0.count
        return seen > half
      }
      let cut = min(max(middle ?? 1, 1), sorted.count - 1)
      return (Box(Array(sorted[..<cut])), Box(Array(sorted[cut...])))
    }

    var mean: UInt32 {
      let count = max(count, 1)
      return [UInt32(16), 8, 0].reduce(0) { color, shift in
        let sum = members.reduce(0) { $0 + Int($1.color >> shift & 0xFF) * $1.count }
        return color | UInt32((sum + count / 2) / count) << shift
      }
    }
  }
}
