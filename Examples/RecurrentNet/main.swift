// A recurrent net that must remember the first of twenty numbers: how far back in time does the gradient reach?
import Foundation
import Rheoscope

/// h′ = tanh(W x + U h).
final class Cell: Module {
  let input = Linear(1, 32)
  let state = Linear(32, 32, initializer: .orthogonal(gain: 1))

  override func forward(_ x: Tensor, _ h: Tensor) -> Tensor { tanh(input(x) + state(h)) }
}

final class RecurrentNet: Module {
  let cell = Cell()
  let head = Linear(32, 1)

  /// From sequences [n, length] to one number each, [n, 1].
  override func forward(_ x: Tensor) -> Tensor {
    let start = Tensor(repeating: 0, shape: [x.shape[0], 32])
    return head((0..<x.shape[1]).reduce(start) { h, time in cell(x.sliced(1, time..<time + 1), h) })
  }
}

useThreads(1)  // a small net is fastest on one core
let folder = CommandLine.arguments.dropFirst().first ?? "output/recurrent-net"
let length = 20
let model = RecurrentNet()
model.initialize(seed: 1)
let optimizer = Adam(model, learningRate: 0.003)
var random = RandomStream(seed: 1, name: "sequences")

// 1: attach. The cell is one module that is called twenty times, so the run file has twenty sites of it: cell, cell[1], …
let recorder = try Recorder(model, optimizer, writingTo: "\(folder)/run.rheo", probes: .standard.every(5))
for _ in 0..<300 {
  let numbers = (0..<64 * length).map { _ in Float(random.normalPair().0) }
  let first = Tensor(stride(from: 0, to: numbers.count, by: length).map { numbers[$0] }, shape: [64, 1])
  let loss = meanSquaredError(model(Tensor(numbers, shape: [64, length])), first)
  loss.backward()
  optimizer.clipGradients(toNorm: 1)
  optimizer.step()
  try recorder.step(loss: loss)  // 2: each step
}
let run = try recorder.finish()  // 3: done

let gradients = try run.layers(.gradientRMS)
print("RMS of the gradient at each time step, before training:")
for (index, site) in run.sites.enumerated() where site.kind == "Cell" {
  print(site.path, gradients[index, 0].map { "\($0)" } ?? "not recorded")
}
print("loss \(run.steps.first!.loss) → \(run.steps.last!.loss)")
try Chart.gradientProfile(of: run).write(to: "\(folder)/gradient-over-time.png")
print("wrote \(folder)/gradient-over-time.png")
for finding in diagnose(run) { print(finding) }
