import Foundation
import Rheoscope

/// How long the backward pass takes compared with the forward pass.
func passes(threads: Int, _ report: (Measurement) -> Void) {
  for (depth, width, batch) in multilayerSizes {
    let training = Training(deepNet(depth, width), batch)
    let cost = Double(depth * width * width * batch) / Double(50 * 64 * 64 * 64)
    let forward = bestMilliseconds(cost: cost) { training.forward() }
    let both = bestMilliseconds(cost: cost) { training.forwardAndBackward() }
    report(
      Measurement(
        workload: "backward-\(depth)x\(width)x\(batch)", threads: threads, value: (both - forward) / forward,
        unit: "× forward"))
  }
}
