import Autodiff
import Foundation
import RunFile

/// In how many directions a layer's outputs differ: measures `effective_rank` and `layer_saturation`.
///
/// With the singular values σ of the outputs, a row a place of the batch, or of all batches of the step, whose mean is taken off, and p = σ / Σσ: the effective
/// rank is exp(−Σ p ln p), from 1 to the number of units; the saturation is the fraction of the units' number that the directions
/// of largest variance are which together hold 99 % of the variance. A unit is an index of the last dimension. Where there are
/// more than 256 rows and units only 256 rows count, evenly spaced. Outputs that don't differ have neither. Of a module with
/// several outputs those with another number of units than the first are left out, with a word.
///
/// Sources: Roy and Vetterli, "The effective rank", 2007; Shenk et al., "Spectral analysis of latent representations", 2019,
/// arXiv:1907.08589.
public struct EffectiveRank: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: MeasureName.effectiveRank.rawValue,
    quantity: "exp(−Σ p ln p), p = σ / Σσ of the outputs less their mean; units that hold 99 % / units",
    unit: "1",
    cost:
      "products of all pairs of units and the eigenvalues of their matrix, n × n with n ≤ 256: about 2 n³ operations",
    source: "Roy and Vetterli 2007; Shenk et al. 2019, arXiv:1907.08589")

  private static let limit = 256
  private let share: Double
  /// What each layer has put out in the step.
  private var kept: [Int: (step: Int, outputs: [Tensor])] = [:]
  private var otherWidths: String?

  /// A probe whose saturation counts directions up to this share of the variance, 0.99 by default.
  public init(share: Double = 0.99) {
    guard share > 0, share <= 1 else { fatalError("EffectiveRank: a share of \(share), it is above 0 and at most 1") }
    self.share = share
  }

  /// Notes both, anew where more comes in the same step.
  public mutating func observe(output: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    guard let columns = output.shape.last, columns > 0 else { return }
    var outputs = kept.removeValue(forKey: layer.index).map { $0.step == results.row.step ? $0.outputs : [] } ?? []
    if outputs.isEmpty || outputs[0].shape.last == columns {
      outputs.append(output.detached())
      note(outputs, columns, &results)
    } else {
      otherWidths = layer.path
    }
    kept[layer.index] = (results.row.step, outputs)
  }

  /// Lets go of the outputs.
  public mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    kept.removeAll(keepingCapacity: true)
    step.warnOfOtherWidths(about.name, at: otherWidths)
  }

  private func note(_ outputs: [Tensor], _ columns: Int, _ results: inout ProbeOutput) {
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
    // What is below Float32's rounding of the outputs is none of theirs.
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
