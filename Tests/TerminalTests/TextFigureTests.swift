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
              ⡇                     ⢀⣀⡠⠤⠒⠒⠉⠣层
              ⡇              ⢀⣀⠤⠤⠒⠊⠉⠁
          0.5⠈⡇       ⣀⣀⠤⠔⠒⠊⠉⠁
              ⡇⣀⡠⠤⠔⠒⠊⠉
              ⠟⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠖⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠲
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

  @Test(arguments: [1, 2, 5, 13, 80, 300]) func anySize(_ size: Int) {
    for figure in [figure, heatmap, Figure(panels: [])] {
      let lines = figure.text(columns: size, rows: size, colors: .none)
      #expect(lines.count == size && lines.allSatisfy { $0.count <= size })
    }
  }
}
