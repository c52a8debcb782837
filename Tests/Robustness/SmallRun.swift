import RunFile

/// Writes a finished run of three layers with gradients, a measure, a scalar, a histogram and an event.
func writeRun(_ path: String, seed: String = "0", steps: Int = 30) throws {
  let writer = try RunWriter(path: path, meta: [.experiment: "small", .variant: "alpha", .seed: seed, .classes: "10"])
  try writer.define(
    sites: (0..<3).map {
      Site(id: $0, module: "layers.\($0)", kind: .linear, depth: $0 + 1, isLayer: true, shape: [4, 4])
    })
  for step in 0..<steps {
    let rows = (0..<3).map { site in
      var row = LayerRow(step: step, site: site)
      (row[.gradientRMS], row[.activationRMS]) = (0.1 / Double(step + site + 1), 1)
      return row
    }
    try writer.append(step: StepRow(step: step, loss: 2, accuracy: 0.5, seconds: Double(step)), layers: rows)
  }
  try writer.measure(step: 1, site: 1, name: "effective_rank", value: 2)
  try writer.scalar(step: 1, name: "val/loss", value: 2)
  try writer.histogram(step: 1, site: 1, quantity: "activation", counts: HistogramBins.counts(of: [1, 2]))
  try writer.event(step: 2, kind: .nonfinite, text: "a loss")
  _ = try writer.finish()
}
