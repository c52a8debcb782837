import Autodiff
import RunFile

/// How far the last step went down its valley: `alpha` of the whole model, noted at the step after it. −1 it has not moved, or the
/// valley bends down; 0 it has reached the bottom; 1 it has climbed as high on the other side; more, it has climbed.
///
/// A parabola is fitted to loss and slope before and after the step, along the step, of the batch before and the one after;
/// α = 2 t / t′ − 1, where t is the step's length and t′ where the parabola is as high as at the start. Where
/// `Recorder.step(loss:)` is given the samples' losses the four numbers are weighted by the inverse of their variances, those of
/// slopes from at most 16 samples; where it is given their mean, the two slopes determine the parabola.
///
/// Needs successive recorded steps.
///
/// Source: Schneider, Dangel and Hennig, "Cockpit", 2021, arXiv:2102.06604.
public struct Alpha: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: MeasureName.alpha.rawValue, quantity: "2 t / t′ − 1 of a parabola through losses and slopes before and after a step", unit: "1",
    cost:
      "a pass over parameters, which are kept; with samples' losses two products of 16 samples with each layer's step",
    source: "Schneider et al. 2021, arXiv:2102.06604")
  /// Parameters before the step, inputs and gradients of layers.
  public let needs: ProbeNeeds = [.parametersBefore, .samples]

  private static let samplesOfVariance = 16
  /// A point on the line, its loss and slope with their variances.
  private struct Place {
    var number: Int
    var loss: Double
    var slope: Double
    var variances: (loss: Double, slope: Double)?
  }
  private var start: Place?
  /// The step from there, by parameter.
  private var lastChange: [ObjectIdentifier: Tensor] = [:]
  private var lastSquare = 0.0
  /// The same of the step that is under way, and the products of its gradient with both.
  private var change: [ObjectIdentifier: Tensor] = [:]
  private var square = 0.0, product = 0.0, lastProduct = 0.0

  /// A probe that has seen nothing yet.
  public init() {}

  /// Takes in how a parameter moves.
  public mutating func observe(update: ParameterChange, of layer: ProbedLayer, into results: inout ProbeOutput) {
    guard let before = update.before else { return }
    let parameter = ObjectIdentifier(update.parameter)
    square += update.norms.update
    let moved = update.parameter.value.change(from: before, gradient: update.gradient, last: lastChange[parameter])
    product += moved.withChange
    lastProduct += moved.withLast
    change[parameter] = moved.change
  }

  /// Notes α of the step before.
  public mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    let scale = step.samples?.scale ?? 1
    if let start, start.number == step.number - 1, lastSquare > 0 {
      let end = place(at: step, slope: scale * lastProduct, along: lastChange)
      if let alpha = alpha(start, end) { results.record(.alpha, alpha) }
    } else if start != nil {
      step.warn("alpha compares successive steps, and those that are recorded are not; record it at every step")
    }
    start = place(at: step, slope: scale * product, along: change)
    swap(&lastChange, &change)
    lastSquare = square
    change.removeAll(keepingCapacity: true)
    (square, product, lastProduct) = (0, 0, 0)
  }

  private func place(at step: ProbedStep, slope: Double, along direction: [ObjectIdentifier: Tensor]) -> Place {
    var variances: (Double, Double)?
    if step.losses.count > 1, let samples = step.samples, samples.count > 1 {
      let slopes = samples.products(with: direction, samples: min(samples.count, Alpha.samplesOfVariance))
      variances = (variance(step.losses), variance(slopes))
    }
    return Place(number: step.number, loss: step.loss, slope: slope, variances: variances)
  }

  /// In units in which the step's length is 1, so that slopes are products with the whole step.
  private func alpha(_ start: Place, _ end: Place) -> Double? {
    var slope = start.slope, curvature = (end.slope - start.slope) / 2
    if let first = start.variances, let second = end.variances {
      let fit = parabola(
        [(1, 0, 0, start.loss, first.loss), (1, 1, 1, end.loss, second.loss)]
          + [(0, 1, 0, start.slope, first.slope), (0, 1, 2, end.slope, second.slope)])
      guard let fit else { return nil }
      (slope, curvature) = fit
    }
    guard slope != 0, slope.isFinite, curvature.isFinite else { return nil }
    return curvature < 0 ? -1 : -2 * curvature / slope - 1
  }
}

/// The slope and the curvature of the parabola c + b u + a u² that fits weighted observations of α c + β b + γ a best.
private func parabola(
  _ observations: [(c: Double, b: Double, a: Double, value: Double, variance: Double)]
) -> (slope: Double, curvature: Double)? {
  var rows = [[Double]](repeating: [0, 0, 0, 0], count: 3)
  for seen in observations {
    let factors = [seen.c, seen.b, seen.a], weight = 1 / max(seen.variance, 1e-30)
    for i in 0..<3 {
      for j in 0..<3 { rows[i][j] += weight * factors[i] * factors[j] }
      rows[i][3] += weight * factors[i] * seen.value
    }
  }
  // The matrix is positive definite, so no rows need be exchanged.
  for i in 0..<3 {
    guard rows[i][i] > 0 else { return nil }
    for k in 0..<3 where k != i {
      let factor = rows[k][i] / rows[i][i]
      for j in i..<4 { rows[k][j] -= factor * rows[i][j] }
    }
  }
  return (rows[1][3] / rows[1][1], rows[2][3] / rows[2][2])
}

private func variance(_ values: [Double]) -> Double {
  let mean = values.reduce(0, +) / Double(values.count)
  return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
}
