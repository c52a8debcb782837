import Foundation
import Plotting
import Support

/// The skeleton of a page: head, styles, sections and script.
struct ReportPage {
  struct Section {
    let id, title, html: String
  }

  let title: String
  let sections: [Section]
  /// JSON for the script.
  let data: String
  /// The colours of variants.
  let colors: [ColorRole]

  var html: String {
    let links = sections.map { "<a href=\"#\($0.id)\">\($0.title)</a>" }.joined(separator: " ")
    let body = sections.map { "<section id=\"\($0.id)\">\n<h2>\($0.title)</h2>\n\($0.html)\n</section>" }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(title.escapedForHTML) · Rheoscope</title>
      <style>
      \(styles)
      </style>
      </head>
      <body>
      <a class="skip" href="#verdict">Skip to the verdict</a>
      <header><h1>\(title.escapedForHTML)</h1><nav aria-label="Sections">\(links)</nav></header>
      <main>
      \(body.joined(separator: "\n"))
      </main>
      <script type="application/json" id="data">\(data)</script>
      <script>
      \(Self.script)
      </script>
      </body>
      </html>

      """
  }

  private func variables(_ theme: Theme) -> String {
    let series = colors.enumerated().map { "--\("series-\($0)"): \(Self.css(theme.color($1)));" }.joined(separator: " ")
    return
      "--background: \(Self.css(theme.background)); --text: \(Self.css(theme.text)); --muted: \(Self.css(theme.muted)); "
      + "--grid: \(Self.css(theme.grid)); --axis: \(Self.css(theme.axis)); --empty: \(Self.css(theme.emptyCell)); \(series)"
  }

  private static func css(_ color: Color) -> String {
    let parts = [color.red, color.green, color.blue].map { String(format: "%02X", Int(($0 * 255).rounded())) }
    return "#" + parts.joined()
  }

  private var styles: String {
    """
    :root { color-scheme: light dark; \(variables(.light)) --link: #0B5394; --failure: #A61B1B; --warning: #7A4B00; }
    @media (prefers-color-scheme: dark) { :root { \(variables(.dark)) --link: #8AB4F8; --failure: #FF9A8F; --warning: #F0C060; } }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 76rem; padding: 1rem; background: var(--background); color: var(--text);
      font: 1rem/1.5 "DejaVu Sans", "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
    h1 { font-size: 1.6rem; margin: 0.5rem 0; overflow-wrap: anywhere; } h2 { font-size: 1.3rem; margin: 2rem 0 0.5rem; }
    h3 { font-size: 1.05rem; margin: 1.2rem 0 0.3rem; overflow-wrap: anywhere; }
    a { color: var(--link); } nav a { margin-right: 1rem; } p { margin: 0.3rem 0; overflow-wrap: anywhere; }
    .skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: 1rem; background: var(--background); }
    :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
    .finding { border-left: 4px solid var(--axis); padding: 0.2rem 0 0.2rem 1rem; margin: 0.8rem 0; }
    .failure { color: var(--failure); } .warning { color: var(--warning); } .where { color: var(--muted); font-size: 0.9rem; }
    .scroll { overflow: auto; max-height: 34rem; border: 1px solid var(--grid); }
    table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; } caption { text-align: left; padding: 0.4rem; color: var(--muted); }
    th, td { text-align: left; padding: 0.25rem 0.7rem; border-bottom: 1px solid var(--grid); vertical-align: top; max-width: 24rem; overflow-wrap: anywhere; }
    thead th { position: sticky; top: 0; background: var(--background); } th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-decoration: underline dotted; }
    .differs { color: var(--warning); font-weight: normal; } pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 0.6rem; border: 1px solid var(--grid); }
    figure { margin: 1rem 0; } figcaption { color: var(--muted); font-size: 0.9rem; } .picture img { max-width: 100%; height: auto; }
    .plots { display: flex; flex-wrap: wrap; gap: 1rem; } .plots figure { flex: 1 1 28rem; margin: 0; min-width: 0; } .plots svg { width: 100%; height: auto; display: block; }
    svg text { fill: var(--text); font-size: 12px; } svg .grid { stroke: var(--grid); } svg .axis { stroke: var(--axis); fill: none; }
    svg .cursor { stroke: var(--text); stroke-dasharray: 4 3; } input[type=range] { width: 100%; } #controls label { margin-right: 1rem; }
    #values { min-height: 3em; }
    @media (prefers-reduced-motion: reduce) { * { scroll-behavior: auto; transition: none; } }
    @media print { nav, .skip, #controls, input { display: none; } .scroll { max-height: none; overflow: visible; } figure { break-inside: avoid; } }
    """
  }
}
