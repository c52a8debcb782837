import NeuralNetworks
import RunFile

/// The numbers that probes record of a layer, or of the whole model, at a step.
///
/// A layer may be observed several times in a step: in several passes, as when gradients are accumulated, or because its module has
/// several outputs. `record` keeps the last value, `accumulate` the mean of all.
public struct ProbeOutput {
  var row: LayerRow
  /// The numbers of activations and gradients that the row covers.
  var counts = (activations: 0.0, gradients: 0.0)
  /// Σ (y − mean)² of these activations.
  var squaredDeviations = 0.0
  private var measures: [(name: MeasureName, value: Double, weight: Double)] = []
  private var histograms: [(quantity: String, counts: [UInt32])] = []
  /// Norms of weights that the layer's module holds.
  private(set) var weights: [WeightRow] = []

  /// An empty output of a site; site −1 is the whole model.
  init(site: Int) { row = LayerRow(step: -1, site: site) }

  /// The number of the step.
  public var step: Int { row.step }

  /// A column of the table `layer` at this step; nil is "not recorded". Fill only columns that no other probe of the recorder fills: the
  /// columns of activations belong to `ActivationStatistics`, those of gradients to `GradientStatistics`.
  public subscript(quantity: LayerQuantity) -> Double? {
    get { row[quantity] }
    set { row[quantity] = newValue }
  }

  /// Records a number under a name, such as `dead_fraction`, and replaces one recorded earlier in the step.
  public mutating func record(_ name: MeasureName, _ value: Double) {
    add(name, value, weight: 0, replacing: true)
  }

  /// Records the mean of this number and those accumulated earlier in the step, Σ weight value / Σ weight. A weight is usually the number
  /// of elements that a value covers.
  public mutating func accumulate(_ name: MeasureName, _ value: Double, weight: Double) {
    add(name, value, weight: weight, replacing: false)
  }

  private mutating func add(_ name: MeasureName, _ value: Double, weight: Double, replacing: Bool) {
    guard let index = measures.firstIndex(where: { $0.name == name }) else {
      return measures.append((name, value, weight))
    }
    let total = measures[index].weight + weight
    if replacing || total == 0 {
      measures[index] = (name, value, weight)
    } else {
      measures[index].value += (value - measures[index].value) * (weight / total)
      measures[index].weight = total
    }
  }

  /// Records the counts of a histogram with `HistogramBins`, and replaces counts recorded earlier in the step.
  public mutating func record(_ quantity: String, histogram counts: [UInt32]) {
    if let index = histograms.firstIndex(where: { $0.quantity == quantity }) {
      histograms[index].counts = counts
    } else {
      histograms.append((quantity, counts))
    }
  }

  /// Adds the counts of a histogram with `HistogramBins` to those accumulated earlier in the step.
  public mutating func accumulate(_ quantity: String, histogram counts: [UInt32]) {
    guard let index = histograms.firstIndex(where: { $0.quantity == quantity }) else {
      return histograms.append((quantity, counts))
    }
    for (bin, count) in counts.enumerated() {
      histograms[index].counts[bin] = UInt32(clamping: Int(histograms[index].counts[bin]) + Int(count))
    }
  }

  /// Records a weight's norms, and replaces those recorded earlier in the step.
  mutating func record(_ weight: WeightRow) {
    if let index = weights.firstIndex(where: { $0.parameter == weight.parameter }) {
      weights[index] = weight
    } else {
      weights.append(weight)
    }
  }

  /// Begins a step.
  mutating func begin(_ step: Int) {
    row = LayerRow(step: step, site: row.site)
    counts = (0, 0)
    measures.removeAll(keepingCapacity: true)
    histograms.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)
  }

  /// Writes the measures and histograms, and clears them.
  mutating func write(step: Int, site: Int?, to writer: RunWriter) throws {
    for measure in measures { try writer.measure(step: step, site: site, name: measure.name, value: measure.value) }
    for histogram in histograms {
      try writer.histogram(step: step, site: site, quantity: histogram.quantity, counts: histogram.counts)
    }
    measures.removeAll(keepingCapacity: true)
    histograms.removeAll(keepingCapacity: true)
  }
}
