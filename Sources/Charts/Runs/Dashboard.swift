import Plotting
import RunFile

extension Chart {
  /// One page on a run, or on the variants and seeds of an experiment: loss, accuracy, the gradient over depth, gradient flow,
  /// activations and updates. Each panel states which seeds it shows; the caption names what is left out and what is not recorded.
  ///
  /// Up to three variants have one heatmap of gradient flow each; more have one row each in a `gradientStrip`. Activations are shown
  /// for a single variant, and updates unless there are three variants. Throws a `ChartError` where nothing can be drawn.
  public static func dashboard(of source: some RunSource, _ options: ChartOptions = ChartOptions()) throws -> Figure {
    let runs = source.runs
    let variants = try RunGroup.all(of: runs)
    for variant in variants { try variant.runs[0].keep([.gradientRMS, .activationStd]) }
    var page = DashboardPage()
    try page.add("loss", "Training loss") {
      let curves = try StepCurves(variants, options, "loss", final: \.finalLoss) { $0.loss }
      return [(lossPanel(curves, runs).detailed(curves.meaning), curves.sentences)]
    }
    try page.add("accuracy", "Training accuracy") {
      let curves = try StepCurves(variants, options, "accuracy", final: \.finalAccuracy) { $0.accuracy }
      return [(accuracyPanel(curves, runs).detailed(curves.meaning), curves.sentences)]
    }
    try page.add("gradients", "Gradient over depth") {
      let profiles = try variants.compactMap { try DepthProfile($0, step: nil, options) }
      guard !profiles.isEmpty else { throw ChartError.notRecorded(what: "gradients", paths: []) }
      let meaning = profileMeaning(profiles)
      var panels = [(profilePanel(profiles).detailed(meaning), profiles.map(\.sentence).joined(separator: " "))]
      if variants.count > 3 {
        var (panel, key) = strip(profiles)
        key.title = ""
        panel.title = "Gradient flow at a glance"
        panel.detail = stepMeaning(profiles)
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
    if variants.count > 1 {
      page.leaveOut("activations")
    } else {
      try page.add("activations", "Spread of activations") {
        heatmaps(try LayerHeatmap(of: runs, .activationStd, .decades(.magma), options) { $0.isLayer }, variants)
      }
    }
    if variants.count > 3 { page.leaveOut("gradients over steps") }
    // Three heatmaps fill the page's second row.
    if variants.count == 3 {
      page.leaveOut("updates")
    } else {
      try page.add("updates", "Update ratio") {
        let spreads = try variants.compactMap { try UpdateSpread($0, options) }
        guard !spreads.isEmpty else { throw ChartError.notRecorded(what: "updates", paths: []) }
        let meaning = ["line: median over layers; band: the middle 90 %", firstSeedNote(variants)]
        return [
          (
            updatePanel(spreads).detailed(meaning.filter { !$0.isEmpty }.joined(separator: "; ")),
            spreads.map(\.sentence).joined(separator: " ")
          )
        ]
      }
    }
    guard !page.panels.isEmpty else { throw ChartError.missing("step", in: runs) }
    return page.figure(
      title: title(variants.count == 1 ? "The run at a glance" : "The experiment at a glance", runs), runs)
  }

  private static func heatmaps(_ map: LayerHeatmap, _ variants: [RunGroup]) -> [(Panel, String)] {
    var panels = map.panels(titled: variants.count > 1)
    panels[panels.count - 1].colorBar = map.key
    let note = firstSeedNote(variants)
    // The sentences behind those of the panels name what is not finite.
    let sentences = map.sentences
    return panels.enumerated().map { index, panel in
      let rest = index == panels.count - 1 ? sentences.dropFirst(panels.count) : []
      return (panel.detailed(note), ([sentences[index]] + rest).joined(separator: " "))
    }
  }
}

/// The panels of a dashboard, and the names of what is not recorded.
private struct DashboardPage {
  private(set) var panels: [Panel] = []
  private var sentences: [String] = []
  private var missing: [String] = []
  private var leftOut: [String] = []

  /// Names what the page has no room for.
  mutating func leaveOut(_ what: String) { leftOut.append(what) }

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
    let notes = [("Not recorded", missing), ("Left out", leftOut)].filter { !$1.isEmpty }
    return Figure(
      title: title, subtitle: subtitle(runs, ""),
      caption: notes.map { "\($0): \($1.joined(separator: ", "))." }.joined(separator: " "), panels: panels,
      columns: columns, description: sentences.joined(separator: " "),
      size: Size(width: 520 * Double(columns), height: 90 + 380 * Double(rows)))
  }
}

extension Panel {
  /// The panel with a second line of its title.
  fileprivate func detailed(_ detail: String) -> Panel {
    var panel = self
    panel.detail = detail
    return panel
  }
}
