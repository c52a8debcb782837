import Foundation
import RunFile
import TestSupport

/// Runs with made-up values that charts must draw, from healthy to broken ones.
enum SyntheticRun: String, CaseIterable, Sendable {
  /// Fifty layers whose gradients keep their size; a part of them was not recorded.
  case healthy
  /// Gradients that shrink by 0.236 per layer, and over 300 decades, to 0.
  case vanishing
  /// Infinities and NaN in one variant from a step on.
  case nonfinite
  /// One layer, one step, one run.
  case single
  /// A thousand layers.
  case deep

  /// Two seeds of two variants, written into a folder.
  func runs(in folder: String) throws -> [Run] {
    let seeds = self == .single ? 1 : 2
    return try (self == .single ? ["alpha"] : ["alpha", "beta"]).flatMap { variant in
      try (0..<seeds).map { try write(to: "\(folder)/\(variant)-\($0).rheo", isAlpha: variant == "alpha", seed: $0) }
    }
  }

  private var layers: Int { self == .single ? 1 : self == .deep ? 1000 : 50 }
  private var steps: Int { self == .single ? 1 : self == .deep ? 20 : 120 }

  /// The factor per layer in the backward pass.
  private func factor(isAlpha: Bool) -> Double {
    switch self {
    case .vanishing: isAlpha ? 0.236 : 1e-7
    case .deep: isAlpha ? 1 : 0.99
    default: isAlpha ? 1 : 0.95
    }
  }

  private func write(to path: String, isAlpha: Bool, seed: Int) throws -> Run {
    let factor = factor(isAlpha: isAlpha)
    let writer = try RunWriter(
      path: path,
      meta: [
        .experiment: rawValue, .variant: isAlpha ? "alpha" : "beta", .seed: "\(seed)", .classes: "10",
        .depth: "\(layers)", .predictedGradientFactor: "\(factor)",
      ])
    // A layer with weights and its activation share a depth.
    let sites = (0..<2 * layers - 1).map { index in
      index % 2 == 0
        ? Site(id: index, module: "layers.\(index)", kind: .linear, depth: index / 2 + 1, isLayer: true, shape: [8, 8])
        : Site(id: index, module: "layers.\(index)", kind: .relu, depth: index / 2 + 1, isLayer: false, shape: [8, 8])
    }
    try writer.define(sites: sites)
    try writer.define(
      parameters: sites.filter(\.isLayer).map {
        RecordedParameter(id: $0.id, path: $0.path + ".weight", shape: [8, 8], site: $0.id)
      })
    let wobble = sampleValues(steps * sites.count, seed: UInt64(seed + 1))
    for step in 0..<steps {
      let isBroken = self == .nonfinite && !isAlpha && step >= 70 + 10 * seed
      let progress = Double(step) / (isAlpha ? 60 : 300)
      let loss = isBroken ? .nan : (2.3 * exp(-progress) + 0.1 * Double(wobble[step])) * (factor < 1e-3 ? 0.01 : 1)
      var weights: [WeightRow] = []
      let rows = sites.map { site -> LayerRow in
        var row = LayerRow(step: step, site: site.id)
        let noise = 1 + 0.2 * Double(wobble[step * sites.count + site.id])
        var gradient = noise * 0.01 * pow(factor, Double(layers - site.depth))
        if gradient < 1e-299 { gradient = 0 }
        if isBroken { gradient = step < 75 ? .infinity : .nan }
        if self == .healthy, !isAlpha, step > 60, step < 80 {
          if site.isLayer { weights.append(WeightRow(step: step, parameter: site.id)) }
          return row
        }
        row[.gradientRMS] = gradient
        row[.activationRMS] = noise
        row[.activationMean] = noise - 1
        row[.activationStd] = noise
        row[.zeroFraction] = site.kind == .relu ? min(1, 0.5 * noise + progress / 4) : 0
        if site.isLayer {
          weights.append(
            WeightRow(
              step: step, parameter: site.id, norm: 8, gradientNorm: gradient * 60, updateNorm: gradient * 0.6))
        }
        return row
      }
      try writer.append(
        step: StepRow(
          step: step, loss: loss, accuracy: isBroken ? nil : 1 - 0.9 * exp(-progress),
          learningRate: isAlpha ? 0.1 : 0.01, seconds: Double(step)), layers: rows,
        weights: weights)
      if step % 5 == 0 {
        try measure(step, of: steps, rows, isAlpha: isAlpha, seed: seed, isBroken: isBroken, to: writer)
        try count(step, rows, seed: seed, to: writer)
      }
    }
    return try writer.finish()
  }

  /// What probes beyond the fixed columns would measure.
  private func measure(
    _ step: Int, of steps: Int, _ rows: [LayerRow], isAlpha: Bool, seed: Int, isBroken: Bool, to writer: RunWriter
  ) throws {
    let progress = Double(step + 1) / Double(steps)
    func add(_ site: Int?, _ name: MeasureName, _ value: Double, times scale: Double = 1) throws {
      try writer.measure(step: step, site: site, name: name, value: isBroken ? .nan : value * scale)
    }
    let difference = 1 + 0.2 * Double(seed) + (isAlpha ? 0 : 1)
    try add(nil, .gradientNoiseScale, 20 * exp(3 * progress), times: difference)
    try add(nil, .gradientSNR, 2 / (1 + 9 * progress), times: difference)
    try writer.scalar(
      step: step, name: "validation_loss", value: isBroken ? .nan : 2.3 * exp(-1.5 * progress) * difference)
    for row in rows {
      let depth = Double(row.site) / Double(rows.count)
      try add(row.site, .similarityToFinal, min(1, progress * (2 - depth)))
      if row.site % 2 == 0 { try add(row.site, .effectiveRank, 1 + 63 * (1 - depth) * (isAlpha ? 1 : 1 - progress)) }
      if row.site % 2 == 1 { try add(row.site, .deadFraction, 0.6 * progress * depth) }
    }
  }

  /// Histograms of bell-shaped values, at some of the sites.
  private func count(_ step: Int, _ rows: [LayerRow], seed: Int, to writer: RunWriter) throws {
    for row in rows where row.site % max(1, rows.count / 20) == 0 {
      let noise = sampleValues(400, seed: UInt64(row.site * 1000 + seed))
      let bell = (0..<100).map { index -> Double in
        let sum: Float = stride(from: index, to: 400, by: 100).reduce(0) { $0 + noise[$1] }
        return Double(sum)
      }
      for (quantity, size) in [("activation", 1 + Double(step) / 60), ("gradient", row[.gradientRMS]), ("weight", 0.1)]
      {
        guard let size else { continue }
        try writer.histogram(
          step: step, site: row.site, quantity: quantity,
          counts: HistogramBins.counts(of: bell.map { Float($0 * size) }))
      }
    }
  }
}
