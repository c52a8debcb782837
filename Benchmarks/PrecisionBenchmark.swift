import Foundation
import Rheoscope

/// A step of 50 layers of width 1024 at batch 256, whose work is products, and one of ResNet-8 at batch 32, whose work is convolutions, in
/// float32 and in both types of 16 bits, native and widened; and the activations that the first keeps.
///
/// A way that oneDNN does not compute on this processor is left out, or for float16 computed as widened. All ways take turns, and the
/// best of six steps of each counts.
func precision(threads: Int, _ report: (Measurement) -> Void) {
  let net = Training(deepNet(50, 1024), 256)
  measure("mlp-50x1024x256", threads, report) { Training(deepNet(50, 1024), 256) }
  measure("resnet-8-b32", threads, report) { Training(resNet(blocks: 1, hasShortcut: true), 32) }
  for precision in [Precision.float32, .bfloat16] {
    report(
      Measurement(
        workload: "mlp-50x1024x256, \(precision), activations", threads: threads,
        value: Double(net.bytesKeptForBackward(precision)) / Double(1 << 20), unit: "MiB"))
  }
}

private func measure(_ workload: String, _ threads: Int, _ report: (Measurement) -> Void, _ make: () -> Training) {
  var ways: [(name: String, precision: Precision, products: BFloat16Products)] = [("float32", .float32, .widened)]
  for precision in [Precision.bfloat16, .float16] {
    for products in BFloat16Products.allCases where products.isAvailable {
      ways.append(("\(precision) \(products.rawValue)", precision, products))
    }
  }
  let trainings = ways.map { _ in make() }
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
}
