import Foundation
import Plotting
import RunFile
import Support

extension Chart {
  /// The gradient's size over depth at a step: dots and a line a variant on a log axis, the median over seeds with a band
  /// from lowest to highest (the middle half from five seeds on), and the fitted factor a layer in words.
  ///
  /// It shows the layers that have parameters. The fit leaves out the layers at both ends, as `GeometricFit` says. Where run
  /// files give a `predicted_gradient_profile` (sizes relative to the last layer's, input first, between spaces), or else a
  /// `predicted_gradient_factor`, a dashed line shows theory, laid through the fit's end at the output. If nothing was
  /// recorded at `step`, the next recorded one is shown. Throws a `ChartError` where there is nothing to draw.
  public static func gradientProfile(
    of runs: [Run], step: Int = 0, _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    let profiles = try Variant.all(of: runs).compactMap { try DepthProfile($0, .gradientRMS, step: step, options) }
    guard !profiles.isEmpty else {
      throw ChartError.missing(LayerQuantity.gradientRMS.words, in: runs)
    }
    let most = profiles.map(\.variant.runs.count).max() ?? 1
    let steps = Set(profiles.map(\.step)).sorted().map { "\($0)" }.joined(separator: " and ")
    let seeds =
      most > 1 ? "; median of \(seedCount(profiles.map(\.variant))); \(SeedStatistics.bandMeaning(seeds: most))" : ""
    let hasTheory = profiles.contains { $0.hasTheory }
    return Figure(
      title: title("Gradient over depth", runs),
      subtitle: subtitle(
        runs, "at step \(steps)" + (steps == "0" ? ", before training changes the weights" : "") + seeds),
      caption: profiles.contains { $0.hasFit }
        ? "Factor a layer going back: least squares of the logarithm over the interior layers."
          + (hasTheory ? " Dashed: mean field theory." : "") : "",
      panels: [profilePanel(profiles)],
      description: "The size of the gradient over depth at step \(steps). "
        + profiles.map(\.sentence).joined(separator: " "))
  }

  static func profilePanel(_ profiles: [DepthProfile]) -> Panel {
    let depths = profiles.flatMap(\.depths)
    var panel = Panel(
      x: Axis(
        .integer, "layer", range: (depths.min() ?? 1) - 0.5...(depths.max() ?? 1) + 0.5, ends: ("input", "output")),
      y: Axis(.log, LayerQuantity.gradientRMS.words))
    // Labels of lines that meet at the output stand in the order of the lines on their way there.
    for profile in profiles.sorted(by: { $0.level > $1.level }) { profile.add(to: &panel) }
    return panel
  }
}
