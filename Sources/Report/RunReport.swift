import Charts
import Diagnosis
import Foundation
import Plotting
import RunFile
import Support

/// One HTML file about one run or several: the verdict first, then settings, figures, and the numbers of layers step by step.
///
///     try RunReport(of: runs).write(to: "report.html")
///
/// The file needs nothing else: it opens from disk, without a network. Runs with the same experiment and variant are seeds of it. Without
/// scripts the verdict, the settings, the figures and the last step's layers are shown.
public struct RunReport {
  /// The runs, variant by variant.
  let variants: [ReportedVariant]
  private let command: String

  /// A report of runs, made by `command`, which the page names; empty for none. Throws a `ReportError` if there is no run or none with a
  /// step, or a `RunFileError` if a file can't be read.
  public init(of source: some RunSource, command: String = "") throws {
    let runs = source.runs
    guard !runs.isEmpty else { throw ReportError.noRuns }
    guard runs.contains(where: { !$0.steps.isEmpty }) else { throw ReportError.noSteps(paths: runs.map(\.path)) }
    variants = try VariantRuns.all(runs) { $0 }.map { try ReportedVariant($0.items, name: $0.name) }
    self.command = command
  }

  /// The page. Throws a `RunFileError` if a file can't be read.
  public func html() throws -> String {
    let runs = variants.flatMap(\.runs), figures = ReportFigure.all(of: runs)
    let experiments = Set(runs.compactMap(\.experiment))
    let subject = experiments.count == 1 ? experiments.first! : runs.count == 1 ? runs[0].path : "\(runs.count) runs"
    return ReportPage(
      title: subject,
      sections: [
        verdict(figures), settings, try interactive(), pictures(figures), reproduction,
      ], data: try ReportData(variants).json, colors: colors
    ).html
  }

  /// Writes the page to a file, whole or not at all. Throws a `RunFileError` if a run can't be read, or a `ReportError` if the file can't be
  /// written.
  public func write(to path: String) throws {
    let page = Data(try html().utf8)
    do throws(POSIXError) { try AtomicFile.write(page, to: path) } catch {
      throw ReportError.cannotWrite(path: path, reason: pathProblem(error.code, path))
    }
  }

  /// The colours of the variants, as in the figures.
  private var colors: [ColorRole] {
    let styles = VariantStyle.styles(
      of: Dictionary(
        variants.map { ($0.name, $0.runs[0].meta[.variantStyle]) }, uniquingKeysWith: { first, _ in first }))
    return variants.map { styles[$0.name]!.color }
  }

  // MARK: Sections

  private func verdict(_ figures: [ReportFigure]) -> ReportPage.Section {
    let drawn = Set(figures.map(\.name))
    var parts = variants.filter { !$0.findings.isEmpty }.map { variant in
      let heading = variants.count > 1 ? "<h3>\(variant.name.escapedForHTML)</h3>\n" : ""
      return heading + variant.findings.map { html(of: $0.finding, $0.share, drawn) }.joined(separator: "\n")
    }
    let sound = variants.filter(\.findings.isEmpty).map(\.name.escapedForHTML)
    if !sound.isEmpty {
      parts.append("<p>Nothing wrong found\(variants.count > 1 ? " in " + sound.joined(separator: ", ") : "").</p>")
    }
    return ReportPage.Section(id: "verdict", title: "Verdict", html: parts.joined(separator: "\n"))
  }

  private func html(of finding: Finding, _ share: String?, _ figures: Set<String>) -> String {
    let steps =
      finding.steps.count == 1
      ? "step \(finding.steps.lowerBound)"
      : "steps \(finding.steps.lowerBound) to \(finding.steps.upperBound)"
    let sites =
      finding.sites.isEmpty
      ? ""
      : finding.sites.count == 1
        ? finding.sites[0] + ", "
        : "\(finding.sites.first!) to \(finding.sites.last!), "
    var lines = [
      "<p><strong class=\"\(finding.severity.rawValue)\">\(finding.severity.rawValue)</strong> \(finding.statement.escapedForHTML)</p>",
      "<p class=\"where\">\(finding.rule.escapedForHTML) · \((sites + steps + (share.map { ", " + $0 } ?? "")).escapedForHTML)</p>",
    ]
    if let cause = finding.follows {
      lines.append("<p>Follows from: \(cause.escapedForHTML).</p>")
    } else {
      lines.append("<p><em>Why:</em> \(finding.cause.escapedForHTML)</p>")
      if !finding.remedies.isEmpty {
        lines.append("<p><em>Try:</em> \(finding.remedies.joined(separator: "; or ").escapedForHTML)</p>")
      }
      if let chart = finding.chart, figures.contains(chart) {
        lines.append("<p><a href=\"#figure-\(chart)\">See the figure \(chart)</a></p>")
      }
    }
    return "<article class=\"finding\">\n\(lines.joined(separator: "\n"))\n</article>"
  }

  private var settings: ReportPage.Section {
    let names = Array(Set(variants.flatMap(\.settings.keys))).sorted()
    func isSame(_ name: String) -> Bool { Set(variants.map { $0.settings[name] }).count == 1 }
    let ordered = names.filter { !isSame($0) } + names.filter(isSame)
    let head = variants.map { "<th scope=\"col\">\($0.name.escapedForHTML)</th>" }.joined()
    func row(_ name: String, _ cells: [String], _ mark: String = "") -> String {
      "<tr><th scope=\"row\">\(name.escapedForHTML)\(mark)</th>\(cells.map { "<td>\($0.escapedForHTML)</td>" }.joined())</tr>"
    }
    var rows = [
      row("seeds", variants.map { $0.runs.map { $0.seed.map(String.init) ?? "–" }.joined(separator: ", ") }),
      row("steps", variants.map { $0.runs.map { "\($0.steps.count)" }.uniqued.joined(separator: ", ") }),
      row("final loss", variants.map(\.finalLoss)), row("test accuracy", variants.map(\.accuracy)),
      row("gradient factor per layer", variants.map(\.factor)),
      row("the same in theory", variants.map(\.predictedFactor)),
    ]
    rows += ordered.map { name in
      row(
        name.replacingOccurrences(of: "_", with: " "), variants.map { $0.settings[name] ?? "–" },
        variants.count > 1 && !isSame(name) ? " <span class=\"differs\">differs</span>" : "")
    }
    let most = variants.map(\.runs.count).max()!
    let meaning = most > 1 ? "Numbers are medians over seeds; \(MedianInterval.meaning(seeds: most))." : "One run each."
    return ReportPage.Section(
      id: "settings", title: "Runs and settings",
      html: """
        <div class="scroll" tabindex="0" role="region" aria-label="Table of runs and settings"><table>
        <caption>\(meaning)</caption>
        <thead><tr><th scope="col">setting</th>\(head)</tr></thead>
        <tbody>
        \(rows.joined(separator: "\n"))
        </tbody></table></div>
        """)
  }

  private func interactive() throws -> ReportPage.Section {
    ReportPage.Section(
      id: "steps", title: "Step by step",
      html: """
        <div id="live" hidden>
        <p id="controls"></p>
        <p><label for="step">Step <output id="step-value" for="step"></output></label>
        <input type="range" id="step" min="0" value="0"></p>
        <div class="plots"><figure><figcaption id="loss-caption">Loss</figcaption><div id="loss-plot"></div></figure>
        <figure><figcaption id="profile-caption">Gradient over depth</figcaption><div id="profile-plot"></div></figure></div>
        <p id="values" role="status"></p>
        </div>
        \(try layerTable())
        """)
  }

  /// The layers at the last recorded step of the first run that has any; the script fills it with other runs and steps.
  private func layerTable() throws -> String {
    let layers = variants.lazy.compactMap(\.layers).first
    guard let layers else { return "<p>No numbers of layers are recorded.</p>" }
    let step = layers.steps.count - 1
    let head = (["layer", "kind", "depth"] + layers.quantities.map(\.title)).map { "<th scope=\"col\">\($0)</th>" }
      .joined()
    let rows = layers.sites.enumerated().map { index, site in
      let cells = layers.quantities.map { quantity in
        "<td>\(quantity.values[index, step].map { formatPlain($0) } ?? "not recorded")</td>"
      }
      return
        "<tr><th scope=\"row\">\(site.module.escapedForHTML)</th><td>\(site.kind.rawValue.escapedForHTML)</td><td>\(site.depth)</td>\(cells.joined())</tr>"
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="Table of layers"><table id="layers">
      <caption>\(layers.name.escapedForHTML), layers at step \(layers.steps[step])</caption>
      <thead><tr>\(head)</tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table></div>
      """
  }

  private func pictures(_ figures: [ReportFigure]) -> ReportPage.Section {
    ReportPage.Section(id: "figures", title: "Figures", html: figures.map(\.html).joined(separator: "\n"))
  }

  private var reproduction: ReportPage.Section {
    let commands = variants.flatMap(\.runs).compactMap { $0.meta[.command] }.uniqued
    let lines = commands + (command.isEmpty ? [] : [command])
    let list = lines.map { "<pre><code>\($0.escapedForHTML)</code></pre>" }.joined(separator: "\n")
    return ReportPage.Section(
      id: "commands", title: "Commands", html: lines.isEmpty ? "<p>No command is recorded.</p>" : list)
  }
}

/// Why there is nothing to report.
public enum ReportError: Error, CustomStringConvertible {
  /// The list of runs is empty.
  case noRuns
  /// None of the runs has a step.
  case noSteps(paths: [String])
  /// The page can't be written.
  case cannotWrite(path: String, reason: String)

  /// One line. Control characters of paths are shown as escapes.
  public var description: String {
    switch self {
    case .noRuns: "there is no run to report"
    case .cannotWrite(let path, let reason): "\(path): can't write there (\(reason))".escapedForTerminal
    case .noSteps(let paths):
      "\(paths.joined(separator: ", ")): no step is recorded there; call recorder.step(loss:) behind each step of training"
        .escapedForTerminal
    }
  }
}

extension [String] {
  /// The elements without repetitions, in order.
  fileprivate var uniqued: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
