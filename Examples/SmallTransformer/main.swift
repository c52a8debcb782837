// A small Transformer that learns to sort digits: what does it attend to, and which blocks learn?
import Foundation
import Rheoscope

final class SmallTransformer: Module {
  let tokens = Embedding(10, 32)
  let positions = Parameter([8, 32], initializer: .normal(weightVariance: 0.1))
  let blocks = (0..<4).map { _ in TransformerBlock(32, heads: 2) }
  let norm = LayerNorm(32)
  let head = Linear(32, 10)

  /// From digits [n, 8] to the logits of a digit at each position, [n · 8, 10].
  override func forward(_ digits: Tensor) -> Tensor {
    let stream = blocks.reduce(tokens(digits) + positions.value) { $1($0) }
    return head(norm(stream)).reshaped([digits.elementCount, 10])
  }
}

useThreads(1)  // a small net is fastest on one core
let folder = CommandLine.arguments.dropFirst().first ?? "output/small-transformer"
let model = SmallTransformer()
model.initialize(seed: 1)
let optimizer = AdamW(model, learningRate: 0.002)
optimizer.schedule = .constant.warmedUp(over: 20)
var random = RandomStream(seed: 1, name: "digits")

let recorder = try Recorder(model, optimizer, writingTo: "\(folder)/run.rheo")  // 1: attach
for _ in 0..<200 {
  let sequences = (0..<32).map { _ in (0..<8).map { _ in Int(random.uniform() * 10) } }
  let inputs = Tensor(sequences.joined().map(Float.init), shape: [32, 8])
  let loss = crossEntropy(model(inputs), sequences.flatMap { $0.sorted() })
  loss.backward()
  optimizer.step()
  try recorder.step(loss: loss)  // 2: each step
}
let run = try recorder.finish()  // 3: done

// Attention weights are a site like any other: one call returns their activations and gradients.
let digits = [3, 1, 4, 1, 5, 9, 2, 6]
let captured = try model.capture("blocks.*.attention.weights") {
  crossEntropy(model(Tensor(digits.map(Float.init), shape: [1, 8])), digits.sorted())
}
captured.result.backward()
for path in captured.paths { print(path, captured[path]!.activation.shape, captured[path]!.gradient!.rms) }
print("loss \(run.steps.first!.loss) → \(run.steps.last!.loss)")
try Chart.gradientFlow(of: run).write(to: "\(folder)/gradient-flow.png")
for finding in diagnose(run) { print(finding) }
