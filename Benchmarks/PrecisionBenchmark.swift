import Foundation
import Rheoscope

/// A step of 50 layers of width 1024 at batch 256, and the activations that it keeps, in float32 and in bfloat16 with native products,
/// where this processor has them, and with widened ones.
///
/// All ways take turns, and the best of six steps of each counts.
func precision(threads: Int, _ report: (Measurement) -> Void) {
  let workload = "mlp-50x1024x256"
  var ways: [(name: String, precision: Precision, products: BFloat16Products)] = [("float32", .float32, .widened)]
  for products in BFloat16Products.allCases where products.isAvailable {
    ways.append(("bfloat16 \(products.rawValue)", .bfloat16, products))
  }
  let trainings = ways.map { _ in Training(deepNet(50, 1024), 256) }
  var best = ways.map { _ in Double.infinity }
  for round in 0...6 {
    for (index, way) in ways.enumerated() {
      let start = ContinuousClock.now
      withBFloat16Products(way.products) { withPrecision(way.precision) { _ = trainings[index].step() } }
      // The first round warms up.
      if round > 0 { best[index] = min(best[index], (ContinuousClock.now - start).milliseconds) }
    }
  }
  for (index, way) in ways.enumerated() {
    report(Measurement(workload: "\(workload), \(way.name)", threads: threads, milliseconds: best[index]))
  }
  for precision in [Precision.float32, .bfloat16] {
    report(
      Measurement(
        workload: "\(workload), \(precision), activations", threads: threads,
        value: Double(trainings[0].bytesKeptForBackward(precision)) / Double(1 << 20), unit: "MiB"))
  }
}
