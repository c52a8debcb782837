// A residual net of your own, recorded layer by layer: does its deepest block get a gradient?
import Foundation
import Rheoscope

/// x + α W₂ relu(W₁ relu(x)).
final class Block: Module {
  let first = Linear(64, 64, initializer: .heNormal)
  let second = Linear(64, 64, initializer: .heNormal)
  private let scale: Float

  init(scale: Float) { self.scale = scale }

  override func forward(_ x: Tensor) -> Tensor { x + second(relu(first(relu(x)))) * scale }
}

final class ResidualNet: Module {
  let stem = Linear(2, 64, initializer: .heNormal)
  let blocks = (0..<16).map { _ in Block(scale: 0.25) }
  let head = Linear(64, 2)

  override func forward(_ x: Tensor) -> Tensor { head(relu(blocks.reduce(stem(x)) { $1($0) })) }
}

useThreads(1)  // a small net is fastest on one core
let folder = CommandLine.arguments.dropFirst().first ?? "output/residual-net"
let data = Dataset.twoSpirals(seed: 1)
let model = ResidualNet()
model.initialize(seed: 1)
let optimizer = SGD(model, learningRate: 0.02, momentum: 0.9)

let recorder = try Recorder(model, optimizer, writingTo: "\(folder)/run.rheo")  // 1: attach
for batch in data.batches(of: 100, seed: 1).prefix(400) {
  let loss = crossEntropy(model(batch.inputs), batch.labels)
  loss.backward()
  optimizer.step()
  try recorder.step(loss: loss)  // 2: each step
}
let run = try recorder.finish()  // 3: done

try Chart.gradientFlow(of: run).write(to: "\(folder)/gradient-flow.png")
print("loss \(run.steps.first!.loss) → \(run.steps.last!.loss)")
for finding in diagnose(run) { print(finding) }
