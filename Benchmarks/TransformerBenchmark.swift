import Foundation
import Rheoscope

/// A step of four Transformer blocks of width 128 with 4 heads, on 16 sequences of 64 tokens, with cross-entropy over 64 symbols at
/// each token.
func transformer(threads: Int, _ report: (Measurement) -> Void) {
  let model = Sequential(
    [Embedding(64, 128)] + (0..<4).map { _ in TransformerBlock(128, heads: 4, isCausal: true) } + [Linear(128, 64)])
  model.initialize(seed: 0)
  let optimizer = SGD(model, learningRate: 0.01)
  var random = RandomStream(seed: 0, name: "symbols")
  let symbols = (0..<16 * 64).map { _ in Int(random.uniform() * 64) }
  let inputs = Tensor(symbols.map(Float.init), shape: [16, 64])
  let milliseconds = bestMilliseconds(cost: 30) {
    crossEntropy(model(inputs).reshaped(-1, 64), symbols).backward()
    optimizer.step()
  }
  report(Measurement(workload: "transformer-4x128x64", threads: threads, milliseconds: milliseconds))
}
