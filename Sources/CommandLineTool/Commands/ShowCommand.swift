import ExperimentHarness
import Foundation
import Rheoscope

extension Command {
  static let show = Command(
    name: "show", operands: "RUN…", operandCount: 1...Int.max,
    summary: "Draws the loss and the gradient flow of runs in the terminal.",
    flags: [
      Flag(
        name: "--chart", kind: .choice(ChartKind.all.map(\.name), placeholder: "KIND"),
        help: "a chart that render --list names (default: loss and gradient-flow)"),
      Flag(
        name: "--images", kind: .choice(InlineImage.allCases.map(\.rawValue) + ["none"], placeholder: "PROTOCOL"),
        help: "protocol for pictures: "
          + (InlineImage.allCases.map(\.rawValue) + ["none"]).joined(separator: ", ")
          + " (default: what the terminal reports)"),
    ] + style + part)
}

extension Tool {
  func show(_ arguments: Arguments) throws {
    let terminal = TerminalWindow(environment: ProcessInfo.processInfo.environment)
    let theme = Theme.all.first { $0.name == arguments["--theme"] } ?? terminal.theme
    let images = arguments["--images"].map { InlineImage(rawValue: $0) } ?? terminal.images
    let runs = try arguments.operands.map { try Run(path: $0) }
    let options = try chartOptions(arguments, runs)
    let names = arguments["--chart"].map { [$0] } ?? ["loss", "gradient-flow"]
    var firstError: (any Error)?
    var figures: [Figure] = []
    for kind in ChartKind.all where names.contains(kind.name) {
      do {
        figures.append(try kind.figure(runs, options))
      } catch let error as ChartError {
        firstError = firstError ?? error
        if names.count > 1 { console.note("\(kind.name) is not drawn: \(error.reason)") }
      }
    }
    if figures.isEmpty, let firstError { throw firstError }
    // The last line is left to the prompt.
    let rows = terminal.rows.map { max(($0 - 1) / figures.count, 8) }
    for figure in figures { try show(figure, as: images, on: terminal, rows: rows, theme) }
  }

  /// Prints a figure in `rows` lines of text, or where it is nil in as many as it needs; or as a picture.
  private func show(
    _ figure: Figure, as images: InlineImage?, on terminal: TerminalWindow, rows: Int?, _ theme: Theme
  ) throws {
    guard let images else {
      // A figure that is higher than most has several rows of panels, each of which needs its lines. Letters are about twice as high as
      // wide.
      let needed = Int(Double(max(28, terminal.columns * 3 / 10)) * max(1, figure.size.height / 520))
      let rows = min(rows ?? needed, needed)
      let lines = figure.text(columns: terminal.columns, rows: rows, colors: terminal.colors, theme: theme)
      return console.printAsIs(lines.joined(separator: "\n"))
    }
    var figure = figure
    let width = min(Double(terminal.columns) * terminal.characterWidth, figure.size.width)
    figure.size = Size(width: width, height: figure.size.height * max(width / figure.size.width, 0.6))
    console.printAsIs(try images.escapeSequence(for: figure, theme: theme))
  }
}
