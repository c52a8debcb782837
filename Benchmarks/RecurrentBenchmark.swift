import Foundation
import Rheoscope

/// A step of recurrent layers of 512 units on 64 sequences of 200 time steps with 512 features, as in the peers' `recurrent.py`.
func recurrent(threads: Int, _ report: (Measurement) -> Void) {
  let layers: [(name: String, layer: Module)] = [
    ("rnn", RNN(512, 512)), ("lstm", LSTM(512, 512)), ("gru", GRU(512, 512)),
  ]
  var random = RandomStream(seed: 0, name: "inputs")
  let x = Tensor(shape: [64, 200, 512]) { elements in
    for index in elements.indices { elements[index] = Float(random.uniform() - 0.5) }
  }
  for (name, layer) in layers {
    layer.initialize(seed: 0)
    let optimizer = SGD(layer, learningRate: 0.01)
    let milliseconds = bestMilliseconds(cost: 1000) {
      layer(x).squared().mean().backward()
      optimizer.step()
    }
    report(Measurement(workload: "\(name)-512x200-b64", threads: threads, milliseconds: milliseconds))
  }
}
