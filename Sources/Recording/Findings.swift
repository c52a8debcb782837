import NeuralNetworks
import RunFile

/// What probes have found out about a layer, or the whole model, at a step.
public struct Findings {
  var row: LayerRow
  var measures: [(name: String, value: Double)] = []
  var histograms: [(quantity: String, counts: [UInt32])] = []

  /// Findings about a layer, none yet; about the whole model with site −1.
  init(site: Int) { row = LayerRow(step: -1, site: site) }

  /// Notes a number under a name, such as `dead_fraction`.
  public mutating func note(_ name: String, _ value: Double) { measures.append((name, value)) }

  /// Notes how many values fell into each of the `HistogramBins`.
  public mutating func note(_ quantity: String, histogram counts: [UInt32]) { histograms.append((quantity, counts)) }

  /// Begins a step.
  mutating func begin(_ step: Int) {
    row = LayerRow(step: step, site: row.site)
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

/// The end of a recording, at which probes note what they can tell only then.
public struct FinalReport {
  /// The model as it is at the end.
  public let model: Module
  /// All layers, in forward order.
  public let layers: [ProbedLayer]
  let writer: RunWriter

  /// Notes a number about a layer, or the whole model, at a step.
  public func note(_ name: String, _ value: Double, of layer: ProbedLayer?, step: Int) throws {
    try writer.measure(step: step, site: layer?.index, name: name, value: value)
  }
}
