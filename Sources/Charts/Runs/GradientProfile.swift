import Foundation
import Plotting
import RunFile
import Support

extension Chart {
  /// The gradient over depth at one step, as a `GradientProfile`: the RMS of dL/d(output) on a log axis, dots and a line per variant, the
  /// median over seeds with a band (lowest to highest, or the middle half from five seeds on), and the fitted factor per layer.
  ///
  /// For a recurrent net the horizontal axis counts the calls of its cell, and the factor is per call. The chart shows the first recorded
  /// step from `step` on, by default the first step that was not skipped.
  ///
  /// A dashed line shows theory where the run files have a `predicted_gradient_profile` (values relative to the last layer's, input
  /// first, separated by spaces) or a `predicted_gradient_factor`; it meets the measured line at the last interior point. Throws a
  /// `ChartError` where no gradient is recorded.
  public static func gradientProfile(
    of source: some RunSource, step: Int? = nil, _ options: ChartOptions = ChartOptions()
  ) throws -> Figure {
    let runs = source.runs
    let (profiles, _, steps) = try DepthProfile.all(of: runs, step: step, options)
    let hasTheory = profiles.contains { $0.hasTheory }, unit = distinct(profiles.map(\.axis.unit))
    let axes = Set(profiles.map(\.axis)), over = axes.count == 1 ? axes.first!.description : "depth"
    return Figure(
      title: title("Gradient over \(over)", runs),
      subtitle: subtitle(runs, profileMeaning(profiles)),
      caption: (profiles.contains { $0.hasFit }
        ? "Factor per \(unit) in the backward pass: least squares of the logarithm over the interior \(unit)s."
          + (hasTheory ? " Dashed: mean field theory." : "") : "") + (try missingNote(of: runs, profiles)),
      panels: [profilePanel(profiles)],
      description: "The size of the gradient over \(over) at step \(steps). "
        + profiles.map(\.sentence).joined(separator: " "))
  }

  /// The step, and what line and band show.
  static func profileMeaning(_ profiles: [DepthProfile]) -> String {
    let most = profiles.map(\.variant.runs.count).max() ?? 1
    return stepMeaning(profiles) + (most > 1 ? "; \(SeedStatistics.bandMeaning(seeds: most))" : "")
  }

  /// The step, and the number of seeds of which the median is shown.
  static func stepMeaning(_ profiles: [DepthProfile]) -> String {
    let steps = Set(profiles.map(\.step)).sorted().map { "\($0)" }.joined(separator: " and ")
    let most = profiles.map(\.variant.runs.count).max() ?? 1
    return "at step \(steps)" + (steps == "0" ? ", before training changes the weights" : "")
      + (most > 1 ? "; median of \(seedCount(profiles.map(\.variant)))" : "")
  }

  /// Which variants are not drawn, as a sentence with a space before it; empty where all are.
  static func missingNote(of runs: [Run], _ profiles: [DepthProfile]) throws -> String {
    let drawn = Set(profiles.map(\.variant.name))
    let missing = try RunGroup.all(of: runs).map(\.name).filter { !drawn.contains($0) }
    return missing.isEmpty ? "" : " No gradient recorded: \(missing.joined(separator: ", "))."
  }

  /// "layer", "call of cell", or both where variants differ.
  static func axisTitle(of profiles: [DepthProfile]) -> String { distinct(profiles.map(\.axisTitle)) }

  /// The names of the first and the last point.
  static func axisEnds(of profiles: [DepthProfile]) -> (String, String) {
    profiles.contains { $0.axis == .depth } ? ("input", "output") : ("first", "last")
  }

  private static func distinct(_ names: [String]) -> String {
    Set(names).sorted().reversed().joined(separator: " or ")
  }

  static func profilePanel(_ profiles: [DepthProfile]) -> Panel {
    let depths = profiles.flatMap(\.depths)
    var panel = Panel(
      x: Axis(
        .integer, axisTitle(of: profiles), range: (depths.min() ?? 1) - 0.5...(depths.max() ?? 1) + 0.5,
        ends: axisEnds(of: profiles)),
      y: Axis(.log, LayerQuantity.gradientRMS.label))
    // Labels of lines that meet at the output stand in the order of the lines on their way there.
    for profile in profiles.sorted(by: { $0.level > $1.level }) { profile.add(to: &panel) }
    return panel
  }
}
