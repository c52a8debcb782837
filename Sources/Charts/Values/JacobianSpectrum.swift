import Foundation
import Plotting
import Support

/// The singular values of a Jacobian, such as d(output)/d(input) of a net or of one layer.
public struct JacobianSpectrum: Sendable, Hashable {
  /// The name of the net or layer.
  public var name: String
  /// The singular values, in any order.
  public var singularValues: [Double]

  /// The spectrum of a net or layer with a name.
  public init(name: String, singularValues: [Double]) {
    self.name = name
    self.singularValues = singularValues
  }
}

extension Chart {
  /// The spectra of Jacobians: singular values by rank on a log axis, and their distribution (a histogram for one spectrum, ridges
  /// for several). A singular value of 1, the dashed line, keeps the length of a vector; if all are 1, the net is a dynamical
  /// isometry.
  ///
  /// Zeros and values that are not finite have no position on the axis; the label gives their number. Throws a `ChartError` if there
  /// are no singular values.
  ///
  /// Source: Pennington, Schoenholz and Ganguli, "Resurrecting the sigmoid", 2017, arXiv:1711.04735.
  public static func jacobianSpectrum(_ spectra: [JacobianSpectrum], title: String = "Jacobian spectrum") throws
    -> Figure
  {
    let shown = spectra.filter { !$0.singularValues.isEmpty }
    guard !shown.isEmpty else { throw ChartError.notGiven(what: "singular values") }
    let all = shown.flatMap { $0.positive }
    let low = all.min().map { min($0, 1) } ?? 0.1, high = all.max().map { max($0, 1) } ?? 10
    var ranks = Panel(
      title: "By rank", x: Axis(.integer, "rank", includes: [1]),
      y: Axis(.log, "singular value", includes: [low, high]), marks: [RuleMark(.horizontal, at: 1)])
    for (index, spectrum) in shown.enumerated() {
      let values = spectrum.singularValues.filter { !$0.isNaN }.sorted(by: >), color = ColorRole.series(index)
      let x = values.indices.map { Double($0 + 1) }
      ranks.marks.append(LineMark(x: x, y: values, color: color, dash: Stroke.dash(ofSeries: index)))
      if values.count <= 60 { ranks.marks.append(DotMark(x: x, y: values, color: color, shape: .ofSeries(index))) }
      ranks.directLabels.append(
        DirectLabel(
          at: spectrum.positive.min(), spectrum.name, detail: spectrum.remarks, color: color,
          sample: .line(Stroke.dash(ofSeries: index), width: 1.5)))
    }
    return Figure(
      title: title, subtitle: "singular values; dashed: 1, which keeps the length of a vector",
      panels: [ranks, density(shown, low: low, high: high)], columns: 2,
      description: "Singular values of Jacobians. " + shown.map(\.sentence).joined(separator: " "))
  }

  /// The distribution of the logarithm: counts in equal intervals.
  private static func density(_ spectra: [JacobianSpectrum], low: Double, high: Double) -> Panel {
    let first = max(log10(low) - 0.1, -307), last = min(log10(high) + 0.1, 307)
    let most = spectra.map(\.positive.count).max() ?? 1
    let count = min(max(Int(2 * Double(most).squareRoot()), 8), 40), step = max(last - first, 0.6) / Double(count)
    let edges = (0...count).map { pow(10, first + Double($0) * step) }
    func counts(_ spectrum: JacobianSpectrum) -> [Double] {
      var counts = [Double](repeating: 0, count: count)
      for value in spectrum.positive { counts[min(max(Int((log10(value) - first) / step), 0), count - 1)] += 1 }
      return counts
    }
    var panel = Panel(
      title: "By size", x: Axis(.log, "singular value", range: edges[0]...edges[count], hasGrid: false),
      y: Axis(.integer, "number of values"))
    if spectra.count == 1 {
      panel.marks = [
        BarMark(
          intervals: (0..<count).map { edges[$0]...edges[$0 + 1] }, y: counts(spectra[0]),
          color: .series(0).opacity(0.8))
      ]
    } else {
      let middles = (0..<count).map { (edges[$0] * edges[$0 + 1]).squareRoot() }
      panel.y = Axis(
        .categorical(spectra.reversed().map(\.name)), range: -0.15...Double(spectra.count) + 0.1, hasGrid: false)
      panel.marks = spectra.enumerated().map { index, spectrum in
        let counts = counts(spectrum), most = max(counts.max() ?? 1, 1)
        return RidgeMark(
          x: middles, heights: counts.map { $0 / most }, base: Double(spectra.count - 1 - index), color: .series(index))
      }
    }
    panel.marks.append(RuleMark(.vertical, at: 1))
    return panel
  }
}

extension JacobianSpectrum {
  /// The values with a position on a log axis.
  fileprivate var positive: [Double] { singularValues.filter { $0 > 0 && $0.isFinite } }

  fileprivate var remarks: String {
    var parts: [String] = []
    if let high = positive.max(), let low = positive.min() {
      parts.append(low < high ? "\(formatSignificant(low)) to \(formatSignificant(high))" : formatSignificant(low))
    }
    let zeros = singularValues.filter { $0 == 0 }.count, broken = singularValues.filter { !$0.isFinite }.count
    if zeros > 0 { parts.append("\(zeros) zero") }
    if broken > 0 { parts.append("\(broken) not finite") }
    return parts.joined(separator: "\n")
  }

  fileprivate var sentence: String {
    "\(name): \(singularValues.count) singular values, \(remarks.replacing("\n", with: ", "))."
  }
}
