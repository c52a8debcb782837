import Plotting
import RunFile
import Support

extension Chart {
  /// Two panels over steps: the gradient noise scale B = tr(Σ) / |G|² in examples, about the largest batch size that still saves
  /// steps, and the signal-to-noise ratio of the gradient, |mean| / standard deviation, with a line at 1; median and band over seeds.
  ///
  /// They show the measures `gradient_noise_scale` and `gradient_snr`: the value of the whole model, or the median over sites where
  /// there is none. A measure that is not recorded has no panel. Throws a `ChartError` where neither is recorded.
  ///
  /// Source: McCandlish et al., "An Empirical Model of Large-Batch Training", 2018, arXiv:1812.06162.
  public static func gradientNoise(of source: some RunSource, _ options: ChartOptions = ChartOptions()) throws -> Figure
  {
    let runs = source.runs
    let variants = try RunGroup.all(of: runs)
    var panels: [Panel] = [], sentences: [String] = [], meaning = "", caption = ""
    for (name, label, unit) in [
      (MeasureName.gradientNoiseScale, "Gradient noise scale", "examples"),
      (.gradientSNR, "Signal-to-noise ratio", "ratio"),
    ] {
      let curves = try ifRecorded {
        try StepCurves(variants, options, label) { try wholeModel($0.measures(name), options, $0) }
      }
      guard let curves else { continue }
      var panel = curves.panel(yTitle: unit, isLogarithmic: nil)
      panel.title = label
      if name == .gradientSNR { panel.marks.insert(RuleMark(.horizontal, at: 1), at: 0) }
      panels.append(panel)
      sentences.append("\(label) over steps. \(curves.sentences)")
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

  /// One number per step: the value of the whole model, or the median over the sites that are shown.
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
