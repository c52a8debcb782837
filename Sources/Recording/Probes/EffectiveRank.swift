import Autodiff
import Foundation
import RunFile
import Support

/// The effective dimension of a layer's outputs: measures `effective_rank` and `layer_saturation`.
///
/// The outputs of all passes of a step are a matrix [rows, units], whose mean row is subtracted; a unit is an index of the last
/// dimension, and all other dimensions are rows. With its singular values σ and p = σ / Σσ:
///
/// - effective rank: exp(−Σ p ln p), from 1 to the number of units,
/// - layer saturation: k / units, where k is the smallest number of principal components that hold 99 % of the variance.
///
/// With more than 256 units, at most 256 rows are used, evenly spaced. Nothing is recorded if all rows are equal. Outputs whose
/// number of units differs from that of the first are left out, with a warning.
///
/// Sources: Roy and Vetterli, "The effective rank", 2007; Shenk et al., "Spectral analysis of latent representations", 2019,
/// arXiv:1907.08589.
public struct EffectiveRank: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: MeasureName.effectiveRank.rawValue,
    quantity: "exp(−Σ p ln p), p = σ / Σσ of the outputs minus their mean; principal components of 99 % / units",
    unit: "1",
    cost:
      "products of all pairs of units, and the eigenvalues of their matrix, n × n with n ≤ 256: about 2 n³ operations",
    source: "Roy and Vetterli 2007; Shenk et al. 2019, arXiv:1907.08589")

  private static let limit = 256
  private let share: Double
  /// The outputs of each layer in the step.
  private var kept: [Int: (step: Int, outputs: [Tensor])] = [:]
  private var pathWithOtherWidth: String?

  /// A probe whose saturation counts principal components up to the fraction `share` of the variance, 0.99 by default. Stops
  /// the program unless 0 < share ≤ 1.
  public init(share: Double = 0.99) {
    guard share > 0, share <= 1 else {
      stop("EffectiveRank", "the share is \(share); it must be above 0 and at most 1")
    }
    self.share = share
  }

  /// Records both numbers of all outputs of the step so far; `output` has any shape, with the units last.
  public mutating func observe(output: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    guard let columns = output.shape.last, columns > 0 else { return }
    var outputs = kept.removeValue(forKey: layer.index).map { $0.step == results.row.step ? $0.outputs : [] } ?? []
    if outputs.isEmpty || outputs[0].shape.last == columns {
      outputs.append(output.detached())
      record(outputs, columns, into: &results)
    } else {
      pathWithOtherWidth = layer.path
    }
    kept[layer.index] = (results.row.step, outputs)
  }

  /// Releases the outputs.
  public mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    kept.removeAll(keepingCapacity: true)
    step.warnOfOtherWidth(about.name, at: pathWithOtherWidth)
  }

  private func record(_ outputs: [Tensor], _ columns: Int, into results: inout ProbeOutput) {
    let all = outputs.reduce(0) { $0 + $1.elementCount } / columns
    guard all > 1 else { return }
    let rows = columns > EffectiveRank.limit ? min(all, EffectiveRank.limit) : all
    var values = [Double](repeating: 0, count: rows * columns), means = [Double](repeating: 0, count: columns)
    var row = 0, first = 0
    for output in outputs {
      let end = first + output.elementCount / columns
      output.withValues { output in
        while row < rows, row * all / rows < end {
          let source = (row * all / rows - first) * columns
          for column in 0..<columns {
            values[row * columns + column] = Double(output[source + column])
            means[column] += values[row * columns + column]
          }
          row += 1
        }
      }
      first = end
    }
    for row in 0..<rows {
      for column in 0..<columns { values[row * columns + column] -= means[column] / Double(rows) }
    }
    let isTall = rows >= columns, size = min(rows, columns)
    let products =
      isTall
      ? columnProducts(values, rows: rows, columns: columns)
      : columnProducts(transposed(values, rows: rows, columns: columns), rows: columns, columns: rows)
    let variances = eigenvalues(ofSymmetric: products, size: size)
    guard let largest = variances.first, largest > 0, largest.isFinite else { return }
    // Smaller values are rounding errors of the outputs in Float32.
    let kept = variances.filter { $0 > largest * 1e-14 }
    let total = kept.reduce(0, +), roots = kept.map { $0.squareRoot() }, sum = roots.reduce(0, +)
    results.record(.effectiveRank, exp(-roots.reduce(0) { $0 + $1 / sum * log($1 / sum) }))
    var held = 0.0
    let needed =
      1
      + (kept.firstIndex {
        held += $0; return held >= share * total
      } ?? kept.count - 1)
    results.record(.layerSaturation, Double(needed) / Double(columns))
  }
}
