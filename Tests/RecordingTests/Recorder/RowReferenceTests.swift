import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

private final class Sequences: Module {
  let norm = LayerNorm(8), attention = MultiHeadAttention(8, heads: 2, isCausal: true), head = Linear(8, 3)
  override func forward(_ x: Tensor) -> Tensor { head((x + attention(norm(x))).mean(axes: [1])) }
}

/// Rows of a convolutional net and of an attention layer compared with PyTorch 2.13 (`Reference/make_rows.py`).
@Suite struct RowReferenceTests {
  struct Reference: Decodable {
    struct Step: Decodable {
      let inputs: [Float]
      let labels: [Int]
      let loss: Double
      let layers: [String: [String: Double]]
    }
    let start: [String: [Float]]
    let steps: [Step]
  }

  @Test(arguments: ["convolutional", "attention"]) func rowsAreThoseOfPyTorch(_ kind: String) throws {
    let references = try TestSupport.reference("RecordingTests/Reference/rows.json", as: [String: Reference].self)
    let reference = try #require(references[kind])
    let net: Module =
      kind == "attention"
      ? Sequences()
      : Sequential(
        Conv2d(2, 4, kernelSize: 3, padding: 1), BatchNorm(4), ReLU(), MaxPool2d(kernelSize: 2), Flatten(),
        Linear(36, 3))
    try withTemporaryFolder { folder in
      net.initialize(seed: 0)
      for (path, parameter) in net.parameters {
        parameter.set(Tensor(try #require(reference.start[path], "\(path)"), shape: parameter.shape))
      }
      let optimizer = SGD(net, learningRate: 0.1, momentum: 0.9)
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo")
      for step in reference.steps {
        let inputs = Tensor(step.inputs, shape: kind == "attention" ? [3, 4, 8] : [3, 6, 6, 2])
        let loss = crossEntropy(net(inputs), step.labels)
        loss.backward()
        optimizer.step()
        try recorder.step(loss: loss)
      }
      let run = try recorder.finish()
      let vectors = run.parameters.filter { $0.shape.count < 2 }.map(\.path)
      #expect(try run.weights(.norm).parameters.allSatisfy { !vectors.contains($0.path) })
      var compared = 0
      for (number, step) in reference.steps.enumerated() {
        #expect(abs(run.steps[number].loss - step.loss) < 2e-6)
        for (path, expected) in step.layers {
          for (name, value) in expected {
            // The scale of a normalization is a vector, and only parameters of two or more dimensions have rows.
            if name.contains("weight") || name == "update_norm", vectors.contains(path + ".weight") { continue }
            let found = try recordedValue(run, name, at: path, number)
            // Sums that cancel, as after a normalization, have the rounding error of their terms, whose size is 1.
            #expect(
              abs(found - value) <= max(1e-5 * abs(value), 2e-7), "\(name) at \(path), step \(number): \(found)")
            compared += 1
          }
        }
      }
      #expect(compared == 2 * (kind == "attention" ? 7 * 8 + 5 * 4 : 5 * 8 + 2 * 4))
    }
  }
}
