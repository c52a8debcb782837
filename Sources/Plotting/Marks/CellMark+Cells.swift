extension CellMark {
  /// Whether all columns have the same width, to a hundredth.
  var hasEqualColumns: Bool {
    let widths = zip(columns.dropFirst(), columns).map { $0 - $1 }
    guard let narrowest = widths.min(), let widest = widths.max() else { return true }
    return widest - narrowest <= 0.01 * narrowest
  }

  /// Draws an image with one pixel per cell, and on it an image of the pattern for each rectangle of cells that hold no number: runs in a
  /// row that are the same as in the row above.
  func drawCells(in frame: Rectangle, _ theme: Theme, on canvas: any Canvas) {
    let cells = CellColors(theme), painter = CellPainter(self, colors: cells, unit: 1)
    let width = columns.count, height = rows.count
    var pixels: [UInt32] = []
    var patterns: [(kind: CellKind, rows: Range<Int>, columns: Range<Int>)] = []
    var above: Range<Int> = 0..<0
    for top in 0..<height {
      let begin = patterns.count
      let row = height - 1 - top
      for column in 0..<width {
        let (kind, color) = painter.cell(row: row, column: column)
        pixels.append(kind == .number ? color : kind == .notRecorded ? cells.background : cells.empty)
        guard kind != .number, kind != .notRecorded else { continue }
        if let last = patterns.last, patterns.count > begin, last.kind == kind, last.columns.upperBound == column {
          patterns[patterns.count - 1].columns = last.columns.lowerBound..<column + 1
        } else {
          patterns.append((kind, top..<top + 1, column..<column + 1))
        }
      }
      let same =
        above.count == patterns.count - begin
        && zip(above, patterns[begin...]).allSatisfy {
          patterns[$0].kind == $1.kind && patterns[$0].columns == $1.columns
        }
      if same {
        for index in above { patterns[index].rows = patterns[index].rows.lowerBound..<top + 1 }
        patterns.removeSubrange(begin...)
      } else {
        above = begin..<patterns.count
      }
    }
    canvas.image(PixelImage(width: width, height: height, pixels: pixels), in: frame)
    for (kind, rows, columns) in patterns {
      let box = Rectangle(
        left: frame.left + frame.width * Double(columns.lowerBound) / Double(width),
        top: frame.top + frame.height * Double(rows.lowerBound) / Double(height),
        width: frame.width * Double(columns.count) / Double(width),
        height: frame.height * Double(rows.count) / Double(height))
      let unit = max(1, Int(canvas.resolution.rounded()))
      let across = max(1, Int((box.width * canvas.resolution).rounded()))
      let down = max(1, Int((box.height * canvas.resolution).rounded()))
      // The pattern goes on from run to run.
      let x = Int(((box.left - frame.left) * canvas.resolution).rounded())
      let y = Int(((box.top - frame.top) * canvas.resolution).rounded())
      let pattern = (0..<across * down).map { index in
        kind.pixel(x: x + index % across, y: y + index / across, unit: unit, cells)
      }
      canvas.image(PixelImage(width: across, height: down, pixels: pattern), in: box)
    }
  }
}
