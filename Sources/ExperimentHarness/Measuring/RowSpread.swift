import Rheoscope

/// How much the outputs of each linear layer differ between the rows of a batch, relative to their size, in the order of calls:
/// √(mean over units of the variance over rows) / RMS, from 0, where all rows are alike, to 1, where their mean is 0.
///
/// `inputs` is [rows, …]; layers that are called by the model have outputs [rows, units]. Whatever a layer gets, it can learn from the
/// differences only. No gradients are computed. Throws a `HookError` if the model has no linear layer.
public func rowSpreads(of model: Module, _ inputs: Tensor) throws -> [Double] {
  var spreads: [Double] = []
  let handle = try model.onForward(Linear.self) { _, output in
    spreads.append(rowSpread(output))
    return nil
  }
  defer { handle.remove() }
  withoutGradients { _ = model(inputs) }
  return spreads
}

/// The same of one tensor [rows, units]; NaN where all its elements are 0.
private func rowSpread(_ output: Tensor) -> Double {
  let rows = output.shape[0], units = output.shape[1], values = output.values
  var variance = 0.0, square = 0.0
  for unit in 0..<units {
    let column = (0..<rows).map { Double(values[$0 * units + unit]) }
    let mean = column.reduce(0, +) / Double(rows)
    // In two passes: differences may be a millionth of the mean.
    variance += column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    square += column.reduce(0) { $0 + $1 * $1 }
  }
  return (variance / square).squareRoot()
}

/// The factor by which a layer multiplies values that are in the order of layers: exp of the slope of the least-squares line through
/// ln(value) over those from `least` on, before the first below it; nil where fewer than three are. Below 10⁻⁵ of the size, differences are
/// mostly rounding.
public func factorPerLayer(_ values: [Double], above least: Double = 1e-5) -> Double? {
  let points = values.prefix { $0 > least }.enumerated().map { (depth: Double($0.offset), value: $0.element) }
  guard points.count >= 3 else { return nil }
  return GeometricFit(points).map { 1 / $0.factorPerLayer }
}
