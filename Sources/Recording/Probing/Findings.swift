import NeuralNetworks
import RunFile

/// What probes have found out about a layer, or the whole model, at a step.
///
/// A layer may be seen several times in a step: in several passes, as when gradients are accumulated, or since its module puts out
/// several tensors. What is noted tells of the last time; what is pooled, of all.
public struct Findings {
  var row: LayerRow
  /// Of how many activations and gradients the row tells.
  var counts = (activations: 0.0, gradients: 0.0)
  /// Σ (y − mean)² of these activations.
  var squaredDeviations = 0.0
  private var measures: [(name: String, value: Double, weight: Double)] = []
  private var histograms: [(quantity: String, counts: [UInt32])] = []

  /// Findings about a layer, none yet; about the whole model with site −1.
  init(site: Int) { row = LayerRow(step: -1, site: site) }

  /// Notes a number under a name, such as `dead_fraction`, in the place of one that was noted before in the step.
  public mutating func note(_ name: String, _ value: Double) { pool(name, value, weight: 0, forgetting: true) }

  /// Notes the mean of this number and of those that were pooled before in the step, each by its weight: the number of elements
  /// that it tells of, say.
  public mutating func pool(_ name: String, _ value: Double, weight: Double) {
    pool(name, value, weight: weight, forgetting: false)
  }

  private mutating func pool(_ name: String, _ value: Double, weight: Double, forgetting: Bool) {
    guard let place = measures.firstIndex(where: { $0.name == name }) else {
      return measures.append((name, value, weight))
    }
    let total = measures[place].weight + weight
    if forgetting || total == 0 {
      measures[place] = (name, value, weight)
    } else {
      measures[place].value += (value - measures[place].value) * (weight / total)
      measures[place].weight = total
    }
  }

  /// Notes how many values fell into each of the `HistogramBins`, in the place of what was noted before in the step.
  public mutating func note(_ quantity: String, histogram counts: [UInt32]) {
    if let place = histograms.firstIndex(where: { $0.quantity == quantity }) {
      histograms[place].counts = counts
    } else {
      histograms.append((quantity, counts))
    }
  }

  /// Adds how many values fell into each of the `HistogramBins` to what was pooled before in the step.
  public mutating func pool(_ quantity: String, histogram counts: [UInt32]) {
    guard let place = histograms.firstIndex(where: { $0.quantity == quantity }) else {
      return histograms.append((quantity, counts))
    }
    for (bin, count) in counts.enumerated() {
      histograms[place].counts[bin] = UInt32(clamping: Int(histograms[place].counts[bin]) + Int(count))
    }
  }

  /// Begins a step.
  mutating func begin(_ step: Int) {
    row = LayerRow(step: step, site: row.site)
    counts = (0, 0)
    measures.removeAll(keepingCapacity: true)
    histograms.removeAll(keepingCapacity: true)
  }

  /// Writes the measures and histograms, and forgets them.
  mutating func write(step: Int, site: Int?, to writer: RunWriter) throws {
    for measure in measures { try writer.measure(step: step, site: site, name: measure.name, value: measure.value) }
    for histogram in histograms {
      try writer.histogram(step: step, site: site, quantity: histogram.quantity, counts: histogram.counts)
    }
    measures.removeAll(keepingCapacity: true)
    histograms.removeAll(keepingCapacity: true)
  }
}
