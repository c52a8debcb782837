import Foundation
import MeanField
import Plotting
import RunFile

extension Chart {
  /// The size of the gradient over depth at one step: median and band over seeds, the factor a layer fitted over the interior
  /// in words, and theory's profile dashed where runs say what it is (`predicted_gradient_profile`: numbers relative to the
  /// last weighted layer's, input first, separated by spaces).
  public static func gradientProfile(of runs: [Run], step: Int = 0, theme: Theme = .light) throws -> Figure {
    guard !runs.isEmpty else { throw ChartError.noRuns }
    let variants = Variant.grouping(runs)
    var marks: [Mark] = [], legend: [LegendEntry] = [], shown: [Double] = [], words: [String] = []
    var deepest = 1, hasTheory = false, leftOut = 0
    for (index, variant) in variants.enumerated() {
      let color = theme.color(of: index), dashes = theme.dashes(of: index)
      let profiles = try variant.runs.map { try GradientProfile($0, step: step) }
      let depths = profiles[0].points.map(\.depth)
      deepest = max(deepest, Int(depths.last ?? 1))
      let bands = depths.indices.map { layer in
        spread(profiles.compactMap { layer < $0.points.count ? $0.points[layer].value : nil })
      }
      let middle = zip(depths, bands).map { (x: $0, y: $1?.median ?? .nan) }
      shown += bands.flatMap { [$0?.lower ?? .nan, $0?.upper ?? .nan] }
      let fit = GeometricFit(interiorOf: middle.map { ($0.x, $0.y) })
      leftOut += middle.filter { !($0.y > 0 && $0.y.isFinite) }.count
      if variant.runs.count > 1 {
        marks.append(.band(zip(depths, bands).map { ($0, $1?.lower ?? .nan, $1?.upper ?? .nan) }, color.opacity(0.18)))
      }
      if let theory = profiles[0].theory, theory.count == depths.count, let anchor = Self.anchor(middle, theory) {
        marks.append(
          .line(zip(depths, theory).map { ($0, $1 * anchor) }, Stroke(theme.reference, width: 1.2, dashes: [5, 3])))
        hasTheory = true
      }
      marks.append(.line(middle, Stroke(color.opacity(0.8), width: 1.3, dashes: dashes)))
      marks.append(.dots(middle, radius: depths.count > 80 ? 1.4 : 2.4, color))
      let factor =
        fit.map { "×\(factorInWords($0.factorGoingBack)) a layer, R² \(String(format: "%.2f", $0.rSquared))" }
        ?? "no factor"
      let predicted = profiles[0].predictedFactor.map { ", theory ×\(factorInWords($0))" } ?? ""
      legend.append(
        LegendEntry("\(variant.name): \(factor)\(predicted)", Stroke(color, width: 1.6, dashes: dashes), hasDot: true))
      words.append("\(variant.name) \(factor)\(predicted)")
    }
    var x = Axis("layer", Scale(.linear, from: 0.5, to: Double(deepest) + 0.5))
    x.integers = true
    x.ends = ("input", "output")
    x.showsGrid = false
    let y = Axis("RMS of dL/d(layer’s output)", Scale.holding(shown, kind: .log))
    var figure = Figure(
      title: "Gradient over depth at step \(step)\(title(runs))", panels: [Panel(x: x, y: y, marks: marks)],
      description: "Size of the gradient by layer at step \(step), from output back to input: "
        + words.joined(separator: "; ") + ".")
    figure.theme = theme
    figure.size = Size(720, 420 + 18 * Double(min(variants.count, 8)))
    figure.subtitle = settings(runs)
    figure.legend = legend
    figure.caption =
      "\(seedsInWords(variants)) a variant; dots: median, \(bandInWords(seeds: variants.map(\.runs.count).max() ?? 1)). "
      + "Factors go from the output to the input, fitted without the outermost layers"
      + (hasTheory ? "; dashed grey: mean field theory" : "")
      + (leftOut > 0 ? "; \(leftOut) zero or non-finite values have no place on the axis" : "") + "."
    return figure
  }

  /// What theory's relative profile is multiplied by: it is laid through the interior's last measured layer.
  private static func anchor(_ middle: [(x: Double, y: Double)], _ theory: [Double]) -> Double? {
    let margin = GeometricFit.margin(of: middle.count)
    let place = middle.count - 1 - margin
    guard place >= 0, middle[place].y > 0, middle[place].y.isFinite, theory[place] > 0 else { return nil }
    return middle[place].y / theory[place]
  }
}

/// A run's gradient sizes at the layers with weights at one step, input first; depth counts from 1.
public struct GradientProfile: Sendable {
  /// Depth and gradient RMS, input first.
  public let points: [(depth: Double, value: Double)]
  /// What theory says, relative to the last layer; nil where the run doesn't say.
  public let theory: [Double]?
  /// The factor a layer that theory predicts.
  public let predictedFactor: Double?

  /// Reads the profile of a step. Throws where the run has no such step.
  public init(_ run: Run, step: Int) throws {
    let matrix = try run.layers(.gradientRMS)
    guard let column = matrix.steps.firstIndex(of: step) else {
      throw ChartError.nothingRecorded(path: run.path, what: "layers at step \(step)")
    }
    points = weightedRows(run.sites).enumerated().map { (Double($0.offset + 1), matrix[$0.element, column] ?? .nan) }
    theory = run.meta["predicted_gradient_profile"].map { $0.split(separator: " ").compactMap { Double($0) } }
    predictedFactor = run.meta["predicted_gradient_factor"].flatMap(Double.init)
  }

  /// The factor a layer, fitted over the interior.
  public var fit: GeometricFit? { GeometricFit(interiorOf: points) }
}

/// A factor in three digits, so that 1 is seen to be 1.00.
private func factorInWords(_ factor: Double) -> String {
  factor >= 0.1 && factor < 100 ? String(format: factor < 1 ? "%.3f" : "%.2f", factor) : brief(factor)
}
