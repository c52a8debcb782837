import CairoBackend
import Charts
import Foundation
import Plotting
import RunFile
import Support

/// A figure of a report, in both themes.
struct ReportFigure {
  /// The name of the chart.
  let name: String
  private let title, description: String
  private let light, dark: Data
  private let width, height: Int

  /// The charts that reports show, in this order, where runs have what they show.
  private static let names = [
    "loss", "accuracy", "gradient-profile", "gradient-flow", "activations", "update-ratio", "dead-and-saturated",
    "comparison",
  ]

  /// All figures that can be drawn from the runs.
  static func all(of runs: [Run]) -> [ReportFigure] {
    names.compactMap { name in
      guard let kind = ChartKind.all.first(where: { $0.name == name }), let figure = try? kind.figure(runs) else {
        return nil
      }
      return try? ReportFigure(name, figure)
    }
  }

  private init(_ name: String, _ figure: Figure) throws {
    self.name = name
    (title, description) = (figure.title, figure.description)
    (width, height) = (Int(figure.size.width), Int(figure.size.height))
    light = try figure.svg(theme: .light, scale: 1)
    dark = try figure.svg(theme: .dark, scale: 1)
  }

  /// The figure as an element of the page.
  var html: String {
    func url(_ data: Data) -> String { "data:image/svg+xml;base64,\(data.base64EncodedString())" }
    return """
      <figure class="picture" id="figure-\(name)">
      <figcaption>\(name)</figcaption>
      <picture><source media="(prefers-color-scheme: dark)" srcset="\(url(dark))">
      <img src="\(url(light))" width="\(width)" height="\(height)" alt="\((description.isEmpty ? title : description).escapedForHTML)"></picture>
      </figure>
      """
  }
}
