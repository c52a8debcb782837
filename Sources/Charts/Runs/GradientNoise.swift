import Plotting
import RunFile
import Support

extension Chart {
  /// Two panels over steps: the gradient noise scale B = tr(Σ) / |G|², about the largest batch that is worth its price, and
  /// the gradient's signal-to-noise ratio |mean| / deviation, with a line at 1; median and band over seeds.
  ///
  /// They are the measures `gradient_noise_scale` and `gradient_snr`, of the whole model or else the median over sites; what
  /// only one of them is recorded for has one panel. Throws a `ChartError` where neither is recorded.
  ///
  /// Source: McCandlish et al., "An Empirical Model of Large-Batch Training", 2018, arXiv:1812.06162.
  public static func gradientNoise(of runs: [Run], _ options: ChartOptions = ChartOptions()) throws -> Figure {
    let variants = try Variant.all(of: runs)
    var panels: [Panel] = [], sentences: [String] = [], meaning = "", caption = ""
    for (name, words, unit) in [
      (MeasureName.gradientNoiseScale, "Gradient noise scale", "examples"),
      (.gradientSNR, "Signal-to-noise ratio", "ratio"),
    ] {
      let curves = try ifRecorded {
        try StepCurves(variants, options, words) { try wholeModel($0.measures(name), options, $0) }
      }
      guard let curves else { continue }
      var panel = curves.panel(yTitle: unit, isLogarithmic: nil)
      panel.title = words
      if name == .gradientSNR { panel.marks.insert(RuleMark(.horizontal, at: 1), at: 0) }
      panels.append(panel)
      sentences.append("\(words) over steps. \(curves.sentences)")
      (meaning, caption) = (curves.meaning, curves.caption)
    }
    guard !panels.isEmpty else {
      throw ChartError.notRecorded(
        what: "measure gradient_noise_scale or gradient_snr", paths: runs.map(\.path))
    }
    return Figure(
      title: title("Gradient noise", runs), subtitle: subtitle(runs, meaning), caption: caption, panels: panels,
      columns: panels.count, description: sentences.joined(separator: " "))
  }

  /// One number a step: that of the whole model, or else the median over the sites that are shown.
  private static func wholeModel(
    _ measures: [Measure], _ options: ChartOptions, _ run: Run
  ) -> [(step: Int, value: Double)] {
    let whole = measures.filter { $0.site == nil }
    if !whole.isEmpty { return whole.map { ($0.step, $0.value) } }
    let paths = Dictionary(run.sites.map { ($0.id, $0.path) }) { $1 }
    let steps = Dictionary(grouping: measures.filter { options.shows(layer: paths[$0.site ?? -1] ?? "") }) { $0.step }
    return steps.keys.sorted().map { ($0, quantile(0.5, ofSorted: steps[$0]!.map(\.value).sorted())) }
  }
}
