import Autodiff
import NeuralNetworks
import RunFile

/// The length of a step relative to the minimum of the loss along it: `alpha` of the whole model, recorded at the next step.
///
/// −1 is a step of length 0, or a loss without a minimum; 0 a step to the minimum; 1 a step to the point beyond the minimum where the
/// loss is as high as at the start; above 1 the loss has grown.
///
/// α = 2 t / t′ − 1, with the step's length t, and t′ > 0 where the parabola has its value at the start. The parabola is fitted along the
/// step to the loss and its slope at both ends, each with its own batch. If `Recorder.step(loss:)` is given the losses of samples, the
/// four numbers are weighted by the inverse of their variances, those of slopes from at most 16 samples. If it is given their mean, the
/// two slopes determine the parabola.
///
/// Steps must be recorded one after the other; if they are not, a warning is printed.
///
/// Source: Schneider, Dangel and Hennig, "Cockpit", 2021, arXiv:2102.06604.
public struct Alpha: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: MeasureName.alpha.rawValue,
    quantity: "2 t / t′ − 1 of a parabola through losses and slopes before and after a step", unit: "1",
    cost:
      "a pass over parameters, which are kept; with samples' losses two products of 16 samples with each layer's step",
    source: "Schneider et al. 2021, arXiv:2102.06604")
  /// Parameters before the step, and per-sample gradients.
  public let needs: ProbeNeeds = [.parametersBefore, .samples]

  private static let samplesOfVariance = 16
  /// A point on the line, its loss and slope with their variances.
  private struct LinePoint {
    var number: Int
    var loss: Double
    var slope: Double
    var variances: (loss: Double, slope: Double)?
  }
  private var start: LinePoint?
  /// The step from `start`, by parameter.
  private var lastChange: [ObjectIdentifier: Tensor] = [:]
  private var lastSquare = 0.0
  /// The current step, by parameter, and the products of its gradient with both steps.
  private var change: [ObjectIdentifier: Tensor] = [:]
  private var square = 0.0, product = 0.0, lastProduct = 0.0

  /// A probe without settings.
  public init() {}

  /// Adds a parameter's change.
  public mutating func observe(update: ParameterChange, of layer: ProbedLayer, into results: inout ProbeOutput) {
    guard let before = update.before else { return }
    let parameter = ObjectIdentifier(update.parameter)
    square += update.norms.update
    let sums = update.parameter.value.change(from: before, gradient: update.gradient, last: lastChange[parameter])
    product += sums.withChange
    lastProduct += sums.withLast
    change[parameter] = sums.change
  }

  /// Records α of the last step.
  public mutating func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    let scale = step.samples?.scale ?? 1
    if let start, start.number == step.number - 1, lastSquare > 0 {
      let end = point(at: step, slope: scale * lastProduct, along: lastChange)
      if let alpha = alpha(start, end) { results.record(.alpha, alpha) }
    } else if start != nil {
      step.warn(
        "alpha needs recorded steps that follow each other, and these don't, so it is left out; record it at every step"
      )
    }
    start = point(at: step, slope: scale * product, along: change)
    swap(&lastChange, &change)
    lastSquare = square
    change.removeAll(keepingCapacity: true)
    (square, product, lastProduct) = (0, 0, 0)
  }

  /// Adds the last step, its loss and its slope.
  public func save(to state: inout SavedState, _ layers: [ProbedLayer]) {
    if let start {
      state.numbers["start"] = [Double(start.number), start.loss, start.slope]
      state.numbers["variances"] = start.variances.map { [$0.loss, $0.slope] }
    }
    state.numbers["square"] = [lastSquare]
    for (name, parameter) in parameters(of: layers) { state.tensors[name] = lastChange[ObjectIdentifier(parameter)] }
  }

  /// Takes over what `save` added. Throws a `SavedStateError` if that is not what it can be.
  public mutating func restore(from state: SavedState, _ layers: [ProbedLayer]) throws {
    if let numbers = try state.numbers("start", 3) {
      guard let number = Int(exactly: numbers[0]) else { throw SavedStateError(problem: "“start” has no step") }
      start = LinePoint(number: number, loss: numbers[1], slope: numbers[2])
      start?.variances = try state.numbers("variances", 2).map { ($0[0], $0[1]) }
    }
    lastSquare = try state.numbers("square", 1)?[0] ?? 0
    for (name, parameter) in parameters(of: layers) {
      lastChange[ObjectIdentifier(parameter)] = try state.tensor(name, parameter.shape)
    }
  }

  /// The parameters of layers, by the layer's index and their name.
  private func parameters(of layers: [ProbedLayer]) -> [(String, Parameter)] {
    layers.flatMap { layer in layer.module.ownParameters.map { ("\(layer.index).\($0.name)", $0.parameter) } }
  }

  private func point(at step: ProbedStep, slope: Double, along direction: [ObjectIdentifier: Tensor]) -> LinePoint {
    var variances: (Double, Double)?
    if step.losses.count > 1, let samples = step.samples, samples.count > 1 {
      let slopes = samples.products(with: direction, samples: min(samples.count, Alpha.samplesOfVariance))
      variances = (variance(step.losses), variance(slopes))
    }
    return LinePoint(number: step.number, loss: step.loss, slope: slope, variances: variances)
  }

  /// α. The step's length is the unit, so slopes are products with the whole step.
  private func alpha(_ start: LinePoint, _ end: LinePoint) -> Double? {
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

/// b and a of the parabola c + b u + a u² by weighted least squares; an observation gives the value of a linear combination of c, b
/// and a.
private func parabola(
  _ observations: [(c: Double, b: Double, a: Double, value: Double, variance: Double)]
) -> (slope: Double, curvature: Double)? {
  var rows = [[Double]](repeating: [0, 0, 0, 0], count: 3)
  for observation in observations {
    let factors = [observation.c, observation.b, observation.a], weight = 1 / max(observation.variance, 1e-30)
    for i in 0..<3 {
      for j in 0..<3 { rows[i][j] += weight * factors[i] * factors[j] }
      rows[i][3] += weight * factors[i] * observation.value
    }
  }
  // The matrix is positive definite, so elimination needs no pivoting.
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
