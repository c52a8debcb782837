import Foundation
import RunFile
import TestSupport

/// Runs that were never trained: what charts must draw, from the healthy to the broken.
enum SyntheticRun: String, CaseIterable, Sendable {
  case healthy, vanishing, nonfinite, single, deep

  /// Two seeds of two variants; written into a folder.
  func write(to folder: String) throws -> [Run] {
    try ["alpha", "beta"].flatMap { variant in
      try (0..<2).map { seed in try write(to: "\(folder)/\(variant)-\(seed).rheo", variant, seed) }
    }
  }

  private var layers: Int { self == .single ? 1 : self == .deep ? 1000 : 50 }
  private var steps: Int { self == .single ? 1 : self == .deep ? 20 : 120 }

  private func write(to path: String, _ variant: String, _ seed: Int) throws -> Run {
    let writer = try RunWriter(
      path: path,
      meta: [
        "experiment": rawValue, "variant": variant, "seed": "\(seed)", "classes": "10",
        "predicted_gradient_factor": "0.9",
      ])
    try writer.define(
      sites: (0..<layers).map {
        Site(id: $0, path: "blocks.\($0)", kind: "Linear", depth: $0 + 1, shape: [8, 8], parameters: 72)
      })
    let wobble = sampleValues(steps * layers, seed: UInt64(seed + 1))
    for step in 0..<steps {
      let breaks = self == .nonfinite && variant == "beta" && step >= 70
      let loss =
        breaks ? Double.nan : 2.3 * exp(-Double(step) / (variant == "alpha" ? 60 : 300)) + 0.1 * Double(wobble[step])
      let rows = (0..<layers).map { layer -> LayerRow in
        var row = LayerRow(step: step, site: layer)
        let depth = Double(layers - 1 - layer), noise = 1 + 0.2 * Double(wobble[step * layers + layer])
        let factor = self == .vanishing ? (variant == "alpha" ? 1e-6 : 0.236) : variant == "alpha" ? 0.99 : 0.95
        row[.gradientRMS] = breaks ? (layer % 3 == 0 ? .infinity : .nan) : noise * 0.01 * pow(factor, depth)
        if self == .vanishing, variant == "beta", layer < 4 { row[.gradientRMS] = 0 }
        if self == .healthy, variant == "beta", step > 60, step < 80 { row[.gradientRMS] = nil }
        return row
      }
      try writer.append(
        step: StepRow(step: step, loss: loss, accuracy: nil, learningRate: 0.1, seconds: Double(step)), layers: rows)
    }
    return try writer.finish()
  }
}
