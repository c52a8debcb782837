import Plotting
import RunFile

extension Chart {
  /// One page on a run, or on the variants and seeds of an experiment: loss, accuracy, the gradient over depth, gradient flow,
  /// activations and updates. The caption names what is not recorded.
  ///
  /// Up to three variants have one heatmap of gradient flow each; more have one row each in a `gradientStrip`. Activations are shown
  /// for a single variant, and updates unless there are three variants. Throws a `ChartError` where nothing can be drawn.
  public static func dashboard(of source: some RunSource, _ options: ChartOptions = ChartOptions()) throws -> Figure {
    let runs = source.runs
    let variants = try RunGroup.all(of: runs)
    for variant in variants { try variant.runs[0].keep([.gradientRMS, .activationStd]) }
    var page = DashboardPage()
    try page.add("loss", "Training loss") {
      let curves = try StepCurves(variants, options, "loss") { $0.loss }
      return [(lossPanel(curves, runs), curves.sentences)]
    }
    try page.add("accuracy", "Training accuracy") {
      let curves = try StepCurves(variants, options, "accuracy") { $0.accuracy }
      return [(accuracyPanel(curves, runs), curves.sentences)]
    }
    try page.add("gradients", "Gradient over depth") {
      let profiles = try variants.compactMap { try DepthProfile($0, step: nil, options) }
      guard !profiles.isEmpty else { throw ChartError.notRecorded(what: "gradients", paths: []) }
      var panels = [(profilePanel(profiles), profiles.map(\.sentence).joined(separator: " "))]
      if variants.count > 3 {
        var (panel, key) = strip(profiles)
        key.title = ""
        panel.title = "Gradient flow at a glance"
        panel.colorBar = key
        panels.append((panel, ""))
      }
      return panels
    }
    if variants.count <= 3 {
      try page.add("gradients", "Gradient flow") {
        heatmaps(try LayerHeatmap(of: runs, .gradientRMS, .decades(.viridis), options), variants)
      }
    }
    if variants.count == 1 {
      try page.add("activations", "Spread of activations") {
        heatmaps(try LayerHeatmap(of: runs, .activationStd, .decades(.magma), options) { $0.isLayer }, variants)
      }
    }
    // Three heatmaps fill the page's second row.
    if variants.count != 3 {
      try page.add("updates", "Update ratio") {
        let spreads = try variants.compactMap { try UpdateSpread($0, options) }
        guard !spreads.isEmpty else { throw ChartError.notRecorded(what: "updates", paths: []) }
        return [(updatePanel(spreads), spreads.map(\.sentence).joined(separator: " "))]
      }
    }
    guard !page.panels.isEmpty else { throw ChartError.missing("step", in: runs) }
    return page.figure(
      title: title(variants.count == 1 ? "The run at a glance" : "The experiment at a glance", runs), runs)
  }

  private static func heatmaps(_ map: LayerHeatmap, _ variants: [RunGroup]) -> [(Panel, String)] {
    var panels = map.panels(titled: variants.count > 1)
    panels[panels.count - 1].colorBar = map.key
    return zip(panels, map.sentences).map { ($0, $1) }
  }
}

/// The panels of a dashboard, and the names of what is not recorded.
private struct DashboardPage {
  private(set) var panels: [Panel] = []
  private var sentences: [String] = []
  private var missing: [String] = []

  /// Adds panels under a heading, or `what` to the missing if what they need is not recorded.
  mutating func add(_ what: String, _ heading: String, _ draw: () throws -> [(Panel, String)]) throws {
    do {
      for (index, (panel, sentence)) in try draw().enumerated() {
        var panel = panel
        if panel.title.isEmpty {
          panel.title = heading
        } else if index == 0 {
          panel.title = "\(heading): \(panel.title)"
        }
        panels.append(panel)
        if !sentence.isEmpty { sentences.append("\(heading). \(sentence)") }
      }
    } catch ChartError.notRecorded, ChartError.noSteps {
      if !missing.contains(what) { missing.append(what) }
    }
  }

  func figure(title: String, _ runs: [Run]) -> Figure {
    let columns = min(3, panels.count), rows = (panels.count + columns - 1) / columns
    let most = (try? RunGroup.all(of: runs).map(\.runs.count).max()) ?? 1
    let seeds =
      most > 1 ? ["curves: median over seeds, \(SeedStatistics.bandMeaning(seeds: most))", "heatmaps: first seed"] : []
    let depth = panels.contains { $0.title.hasPrefix("Gradient over depth") } ? ["over depth: first step"] : []
    let meaning = (seeds + depth).joined(separator: "; ")
    return Figure(
      title: title, subtitle: subtitle(runs, meaning),
      caption: missing.isEmpty ? "" : "Not recorded: " + missing.joined(separator: ", ") + ".", panels: panels,
      columns: columns, description: sentences.joined(separator: " "),
      size: Size(width: 520 * Double(columns), height: 90 + 380 * Double(rows)))
  }
}
