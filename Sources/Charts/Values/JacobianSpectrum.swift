import Foundation
import Plotting
import Support

/// The singular values of a Jacobian, such as that of a net's output with respect to its input, or of one layer.
public struct JacobianSpectrum: Sendable, Hashable {
  /// What it is the Jacobian of.
  public var name: String
  /// The singular values, in any order.
  public var singularValues: [Double]

  /// A spectrum made of its parts.
  public init(name: String, singularValues: [Double]) {
    self.name = name
    self.singularValues = singularValues
  }
}

extension Chart {
  /// The spectra of Jacobians: singular values by rank on a log axis, and how they are distributed over decades (bars for one
  /// spectrum, ridges for several). At 1, the dashed line, a direction keeps its size; where all do, the net is a dynamical
  /// isometry.
  ///
  /// Zeros and what is not finite have no place on the axis and are said in words. Throws a `ChartError` where there are no
  /// singular values.
  ///
  /// Source: Pennington, Schoenholz and Ganguli, "Resurrecting the sigmoid", 2017, arXiv:1711.04735.
  public static func jacobianSpectrum(_ spectra: [JacobianSpectrum], title: String = "Jacobian spectrum") throws
    -> Figure
  {
    let shown = spectra.filter { !$0.singularValues.isEmpty }
    guard !shown.isEmpty else { throw ChartError.notGiven(what: "singular values") }
    let all = shown.flatMap { $0.placed }
    let low = all.min().map { min($0, 1) } ?? 0.1, high = all.max().map { max($0, 1) } ?? 10
    var ranks = Panel(
      title: "By rank", x: Axis(.integer, "rank", includes: [1]),
      y: Axis(.log, "singular value", includes: [low, high]), marks: [RuleMark(.horizontal, at: 1)])
    for (index, spectrum) in shown.enumerated() {
      let values = spectrum.singularValues.filter { !$0.isNaN }.sorted(by: >), ink = ColorRole.series(index)
      let x = values.indices.map { Double($0 + 1) }
      ranks.marks.append(LineMark(x: x, y: values, ink: ink, dash: Stroke.dash(ofSeries: index)))
      if values.count <= 60 { ranks.marks.append(DotMark(x: x, y: values, ink: ink, shape: .ofSeries(index))) }
      ranks.directLabels.append(
        DirectLabel(
          at: spectrum.placed.min(), spectrum.name, detail: spectrum.remarks, ink: ink,
          sample: .line(Stroke.dash(ofSeries: index), width: 1.5)))
    }
    return Figure(
      title: title, subtitle: "singular values; dashed: 1, where a direction keeps its size",
      panels: [ranks, density(shown, low: low, high: high)], columns: 2,
      description: "Singular values of Jacobians. " + shown.map(\.sentence).joined(separator: " "))
  }

  /// Counts by fractions of decades.
  private static func density(_ spectra: [JacobianSpectrum], low: Double, high: Double) -> Panel {
    let first = max(log10(low) - 0.1, -307), last = min(log10(high) + 0.1, 307)
    let most = spectra.map(\.placed.count).max() ?? 1
    let count = min(max(Int(2 * Double(most).squareRoot()), 8), 40), step = max(last - first, 0.6) / Double(count)
    let edges = (0...count).map { pow(10, first + Double($0) * step) }
    func counts(_ spectrum: JacobianSpectrum) -> [Double] {
      var counts = [Double](repeating: 0, count: count)
      for value in spectrum.placed { counts[min(max(Int((log10(value) - first) / step), 0), count - 1)] += 1 }
      return counts
    }
    var panel = Panel(
      title: "By size", x: Axis(.log, "singular value", range: edges[0]...edges[count], hasGrid: false),
      y: Axis(.integer, "number of values"))
    if spectra.count == 1 {
      panel.marks = [
        BarMark(
          spans: (0..<count).map { edges[$0]...edges[$0 + 1] }, y: counts(spectra[0]), ink: .series(0).opacity(0.8))
      ]
    } else {
      let middles = (0..<count).map { (edges[$0] * edges[$0 + 1]).squareRoot() }
      panel.y = Axis(
        .categorical(spectra.reversed().map(\.name)), range: -0.15...Double(spectra.count) + 0.1, hasGrid: false)
      panel.marks = spectra.enumerated().map { index, spectrum in
        let counts = counts(spectrum), most = max(counts.max() ?? 1, 1)
        return RidgeMark(
          x: middles, heights: counts.map { $0 / most }, base: Double(spectra.count - 1 - index), ink: .series(index))
      }
    }
    panel.marks.append(RuleMark(.vertical, at: 1))
    return panel
  }
}

extension JacobianSpectrum {
  /// Those that have a place on a log axis.
  fileprivate var placed: [Double] { singularValues.filter { $0 > 0 && $0.isFinite } }

  fileprivate var remarks: String {
    var words: [String] = []
    if let high = placed.max(), let low = placed.min() {
      words.append(low < high ? "\(formatSignificant(low)) to \(formatSignificant(high))" : formatSignificant(low))
    }
    let zeros = singularValues.filter { $0 == 0 }.count, broken = singularValues.filter { !$0.isFinite }.count
    if zeros > 0 { words.append("\(zeros) zero") }
    if broken > 0 { words.append("\(broken) not finite") }
    return words.joined(separator: "\n")
  }

  fileprivate var sentence: String {
    "\(name): \(singularValues.count) singular values, \(remarks.replacing("\n", with: ", "))."
  }
}
