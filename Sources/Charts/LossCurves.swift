import Foundation
import Plotting
import RunFile

extension Chart {
  /// Loss over steps. Each seed is smoothed by itself and drawn thin, its raw values faint behind it; the variant's median is
  /// bold and its band says how far seeds lie apart. A seed whose loss stops being finite ends in ×. Where runs say how many
  /// classes there are, a line marks the loss of a net that has learned nothing, ln(classes).
  ///
  /// Smoothing is a debiased exponential moving average: b ← w b + (1 − w) y, s = b / (1 − wⁱ⁺¹). By default w follows from the
  /// number of steps, about a sixtieth of which it averages over.
  public static func lossCurves(of runs: [Run], smoothing: Double? = nil, theme: Theme = .light) throws -> Figure {
    guard !runs.isEmpty else { throw ChartError.noRuns }
    for run in runs where run.steps.isEmpty { throw ChartError.nothingRecorded(path: run.path, what: "steps") }
    let variants = Variant.grouping(runs)
    let longest = runs.map(\.steps.count).max()!
    let weight = smoothing ?? (longest < 120 ? 0 : 1 - 1 / (Double(longest) / 60))
    let curves = variants.map { variant in variant.runs.map { SeedCurve($0, weight: weight) } }
    let chance = runs.compactMap { $0.meta["classes"].flatMap(Double.init) }.first.map { log($0) }

    // What stops being finite would leave the rest no room; it is cut off at the top.
    let lasting = curves.joined().filter { $0.diverged == nil }
    let shown =
      (lasting.isEmpty ? Array(curves.joined()) : lasting).flatMap { $0.smooth.map(\.value) }
      + (chance.map { [$0] } ?? [])
    let positive = shown.filter { $0 > 0 }
    let isLog = (positive.max() ?? 1) / max(positive.min() ?? 1, 1e-300) > 100
    let yScale = isLog ? Scale.holding(shown, kind: .log) : Scale(.linear, from: 0, to: (positive.max() ?? 1) * 1.08)
    let lastStep = runs.compactMap { $0.steps.last?.step }.max()!
    var marks: [Mark] = [], labels: [EndLabel] = []
    if let chance {
      marks.append(.level(y: chance, Stroke(theme.reference, width: 1, dashes: [4, 3])))
      labels.append(
        EndLabel("ln \(Int(exp(chance).rounded())), guessing", y: chance, color: theme.muted, isBold: false))
    }
    for (index, variant) in variants.enumerated() {
      let color = theme.color(of: index)
      for curve in curves[index] where weight > 0 {
        marks.append(.line(curve.raw.map { (Double($0.step), $0.value) }, Stroke(color.opacity(0.10), width: 0.7)))
      }
      let middle = median(of: curves[index])
      if variant.runs.count > 1 {
        marks.append(.band(middle.map { (Double($0.step), $0.lower, $0.upper) }, color.opacity(0.16)))
      }
      for curve in curves[index] where variant.runs.count > 1 {
        marks.append(.line(curve.smooth.map { (Double($0.step), $0.value) }, Stroke(color.opacity(0.55), width: 0.8)))
      }
      marks.append(
        .line(middle.map { (Double($0.step), $0.median) }, Stroke(color, width: 2.2, dashes: theme.dashes(of: index))))
      // A line of one step has no length.
      if middle.count == 1 { marks.append(.dots(middle.map { (Double($0.step), $0.median) }, radius: 3.5, color)) }
      let ends = curves[index].compactMap(\.diverged)
      for end in ends {
        marks.append(.cross(x: Double(end.step), y: min(max(end.value, yScale.lower), yScale.upper), color))
      }
      if ends.count == curves[index].count {
        labels.append(EndLabel("\(variant.name)  × at step \(ends.map(\.step).min()!)", y: yScale.upper, color: color))
      } else if let last = spread(curves[index].compactMap { $0.diverged == nil ? $0.smooth.last?.value : nil }) {
        let note = ends.isEmpty ? "" : ", \(ends.count) ×"
        labels.append(EndLabel("\(variant.name)  \(brief(last.median))\(note)", y: last.median, color: color))
      }
    }
    var x = Axis("step", Scale(.linear, from: 0, to: Double(lastStep + 1)))
    x.integers = true
    var panel = Panel(x: x, y: Axis(isLog ? "training loss, log scale" : "training loss", yScale), marks: marks)
    panel.endLabels = labels
    let diverged = curves.joined().filter { $0.diverged != nil }.count
    var figure = Figure(
      title: "Training loss" + title(runs), panels: [panel], description: describe(variants, curves, chance: chance))
    figure.theme = theme
    figure.subtitle = settings(runs)
    figure.caption =
      "\(seedsInWords(variants)) a variant; bold: median, \(bandInWords(seeds: variants.map(\.runs.count).max() ?? 1)), thin: single seeds"
      + (weight > 0 ? "; smoothed by a debiased moving average (w = \(brief(weight))), raw values faint" : "")
      + (diverged > 0 ? "; ×: a loss that is no longer finite (\(diverged) of \(runs.count) runs)" : "") + "."
    return figure
  }

  private static func describe(_ variants: [Variant], _ curves: [[SeedCurve]], chance: Double?) -> String {
    let parts = zip(variants, curves).map { variant, curves in
      let ends = spread(curves.compactMap { $0.diverged == nil ? $0.smooth.last?.value : nil })
      let failed = curves.filter { $0.diverged != nil }.count
      let start = spread(curves.compactMap { $0.smooth.first?.value })
      return "\(variant.name) goes from \(brief(start?.median ?? .nan)) to \(brief(ends?.median ?? .nan))"
        + (failed > 0 ? " (\(failed) of \(curves.count) seeds stop being finite)" : "")
    }
    return "Training loss over \(curves.joined().map(\.raw.count).max() ?? 0) steps: " + parts.joined(separator: "; ")
      + (chance.map { "; a net that has learned nothing sits at \(brief($0))" } ?? "") + "."
  }

  private static func median(of curves: [SeedCurve]) -> [(step: Int, lower: Double, median: Double, upper: Double)] {
    guard let longest = curves.max(by: { $0.smooth.count < $1.smooth.count }) else { return [] }
    return longest.smooth.indices.compactMap { index in
      spread(curves.compactMap { index < $0.smooth.count ? $0.smooth[index].value : nil }).map {
        (longest.smooth[index].step, $0.lower, $0.median, $0.upper)
      }
    }
  }
}

/// One seed's losses, up to where they stop being finite.
private struct SeedCurve {
  let raw: [(step: Int, value: Double)]
  let smooth: [(step: Int, value: Double)]
  /// The first step whose loss is not finite, with the last smoothed value before it.
  let diverged: (step: Int, value: Double)?

  init(_ run: Run, weight: Double) {
    let end = run.steps.firstIndex { !$0.loss.isFinite } ?? run.steps.count
    raw = run.steps[..<end].map { ($0.step, $0.loss) }
    var sum = 0.0, left = 1.0
    smooth = raw.map { step, loss in
      sum = weight * sum + (1 - weight) * loss
      left *= weight
      return (step, sum / (1 - left))
    }
    diverged = end < run.steps.count ? (run.steps[end].step, smooth.last?.value ?? .infinity) : nil
  }
}

/// “: experiment”, where all runs are of one.
func title(_ runs: [Run]) -> String {
  let experiments = Set(runs.map(\.experiment))
  return experiments.count == 1 ? experiments.first!.map { ": \($0)" } ?? "" : ""
}

/// The settings that all runs share, as far as they say.
func settings(_ runs: [Run]) -> String {
  let names: [(key: String, text: (String) -> String)] = [
    ("data", { $0 }), ("depth", { "\($0) layers" }), ("width", { "width \($0)" }), ("batch", { "batch \($0)" }),
    ("optimizer", { $0 }), ("learning_rate", { "learning rate \($0)" }),
  ]
  return names.compactMap { key, text in
    let values = Set(runs.map { $0.meta[key] })
    return values.count == 1 ? values.first!.map(text) : nil
  }.joined(separator: " · ")
}
