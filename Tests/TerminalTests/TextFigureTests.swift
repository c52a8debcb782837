import Plotting
import Terminal
import Testing

@Suite struct TextFigureTests {
  private var figure: Figure {
    Figure(
      title: "Loss",
      panels: [
        Panel(
          x: Axis(.integer, "step", isTight: true), y: Axis(.linear, "loss", ends: ("low", "high")),
          marks: [LineMark(x: [0, 10], y: [0, 1], color: .series(0))],
          directLabels: [DirectLabel(at: 1, "层", color: .series(0))])
      ])
  }

  private var heatmap: Figure {
    let colors = ColorScale(Scale(.log, from: 1e-3, to: 1), .viridis)
    return Figure(panels: [
      Panel(
        x: Axis(.integer, hasGrid: false, isTight: true),
        y: Axis(.categorical(["a", "b"]), hasGrid: false, isTight: true),
        marks: [CellMark(columns: [0, 1], rows: [0, 1], values: [1e-3, 1e-3, 1, 1], colors: colors)],
        colorBar: ColorBar(colors, title: "size"))
    ])
  }

  @Test func linesOfCharacters() {
    #expect(
      figure.text(columns: 40, rows: 12, colors: .none).joined(separator: "\n") == """

          Loss

              ↑ loss, low to high
              ⡇                     ⣀⣀⠤⠤⠒⠒⠉⠣层
              ⡇             ⢀⣀⡠⠤⠔⠒⠊⠉
          0.5⠈⡇      ⣀⡠⠤⠔⠒⠊⠉⠁
              ⣇⠤⠤⠒⠒⠉⠉
              ⠋⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠋⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠙
              0             5             10
                          step

        """)
  }

  @Test func coloursAreOptional() {
    for figure in [figure, heatmap] {
      #expect(!figure.text(columns: 60, rows: 16, colors: .none).joined().contains("\u{1B}"))
      let lines = figure.text(columns: 60, rows: 16, colors: .all)
      #expect(lines.joined().contains("\u{1B}[38;2;"))
      for line in lines where line.contains("\u{1B}") { #expect(line.hasSuffix("\u{1B}[0m")) }
    }
  }

  @Test func cellsAreShadesOrHalfBlocks() {
    let plain = heatmap.text(columns: 60, rows: 16, colors: .none)
    #expect(plain.contains { $0.contains("····") } && plain.contains { $0.contains("████") })
    #expect(plain.contains { $0.contains("colour: size") })
    #expect(heatmap.text(columns: 60, rows: 16, colors: .all).contains { $0.contains("▀") })
  }

  @Test func aCellsColourEndsWithIt() {
    for line in heatmap.text(columns: 60, rows: 16, colors: .all) {
      var hasBackground = false
      for part in line.split(separator: "\u{1B}[", omittingEmptySubsequences: false).dropFirst() {
        let (code, letters) = (part.prefix { $0 != "m" }, part.drop { $0 != "m" }.dropFirst())
        if code == "0" { hasBackground = false } else if code.hasPrefix("48;") { hasBackground = true }
        #expect(!hasBackground || !letters.contains(" "), "\(line.debugDescription)")
      }
    }
  }

  @Test func allRowsOfAHeatmapAreSeen() {
    let rows = heatmap.text(columns: 60, rows: 20, colors: .none).filter { $0.contains("····") || $0.contains("████") }
    #expect(rows.filter { $0.contains("····") }.count == rows.filter { $0.contains("████") }.count, "\(rows)")
  }

  @Test func a256ColourTerminalGetsItsColours() {
    let text = heatmap.text(columns: 60, rows: 16, colors: .palette).joined()
    #expect(text.contains("\u{1B}[38;5;") && text.contains("\u{1B}[48;5;") && !text.contains(";2;"))
  }

  @Test(arguments: [60, 100, 200]) func curvesDifferWithoutColours(_ columns: Int) {
    let x = (0..<30).map(Double.init)
    let marks: [any Mark] = (0..<3).flatMap { index -> [any Mark] in
      let y = x.map { $0 * Double(index) }
      return [
        LineMark(x: x, y: y, color: .series(index)),
        DotMark(x: x, y: y, color: .series(index), shape: .ofSeries(index)),
      ]
    }
    let labels = (0..<3).map {
      DirectLabel(at: 29 * Double($0), "net \($0)", color: .series($0), sample: .dottedLine([], .ofSeries($0)))
    }
    let figure = Figure(panels: [Panel(x: Axis(.integer), y: Axis(.linear), marks: marks, directLabels: labels)])
    let text = figure.text(columns: columns, rows: 24, colors: .none).joined(separator: "\n")
    for part in ["●", "■", "▲", "net 0", "net 1", "net 2"] { #expect(text.contains(part), "\(part)") }
  }

  @Test(arguments: [1, 2, 5, 13, 80, 300]) func anySize(_ size: Int) {
    for figure in [figure, heatmap, Figure(panels: [])] {
      let lines = figure.text(columns: size, rows: size, colors: .none)
      #expect(lines.count == size && lines.allSatisfy { $0.count <= size })
    }
  }
}
