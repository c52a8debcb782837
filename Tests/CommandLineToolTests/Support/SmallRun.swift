import Foundation
import RunFile

/// Writes a run of three layers whose gradients were recorded over a few steps, with two measures and a scalar.
func writeSmallRun(_ path: String, variant: String = "alpha", steps: Int = 40, recordsGradients: Bool = true) throws {
  let writer = try RunWriter(
    path: path, meta: [.experiment: "small", .variant: variant, .seed: "0", .classes: "10"])
  try writer.define(
    sites: (0..<3).map {
      Site(id: $0, module: "layers.\($0)", kind: .linear, depth: $0 + 1, isLayer: true, shape: [4, 4])
    })
  for step in 0..<steps {
    let rows = (0..<3).map { site in
      var row = LayerRow(step: step, site: site)
      if recordsGradients { row[.gradientRMS] = pow(10, Double(site) - 4) / Double(step + 1) }
      return row
    }
    try writer.append(
      step: StepRow(step: step, loss: 2.3 * exp(-Double(step) / 20), accuracy: 0.5, seconds: Double(step)),
      layers: rows)
    try writer.scalar(step: step, name: "val/loss", value: 2.4 * exp(-Double(step) / 20))
    try writer.measure(step: step, site: step % 3, name: "effective_rank", value: 1 + Double(step % 3))
    try writer.measure(step: step, name: "update_size", value: 1 / Double(step + 1))
  }
  _ = try writer.finish()
}
