/// An entry to write.
enum Entry: Sendable {
  case meta([MetaKey: String])
  case sites([Site])
  case parameters([RecordedParameter])
  case step(StepRow, [LayerRow], [WeightRow])
  case scalar(name: String, Scalar)
  case fact(Fact)
  case event(Event)
  case measure(name: MeasureName, Measure)
  case histogram(quantity: String, Histogram)
  case summary(RunSummary)

  /// The approximate size, in rows of `layer`.
  var weight: Int {
    switch self {
    case .step(_, let layers, let weights): layers.count + weights.count + 1
    case .histogram(_, let histogram): histogram.counts.count / 32 + 1
    case .sites(let sites): sites.count
    case .parameters(let parameters): parameters.count
    case .meta, .scalar, .fact, .event, .measure, .summary: 1
    }
  }
}
