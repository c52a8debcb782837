import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// Measures of a small net compared with PyTorch 2.13 (`Reference/make_probes.py`).
@Suite struct ProbeReferenceTests {
  struct Reference: Decodable {
    struct Step: Decodable {
      let inputs: [Float]
      let labels: [Int]
      let loss: Double
      let layers: [String: [String: Double]]
      let model: [String: Double?]
      let hessian_trace: Double
      let hessian_trace_deviation: Double
      let effective_rank: Double
    }
    let start: [String: [Float]]
    let steps: [Step]
  }

  @Test func layersSamplesAndCurvatureAreThoseOfPyTorch() throws {
    let reference = try TestSupport.reference("RecordingTests/Reference/probes.json", as: Reference.self)
    try withTemporaryFolder { folder in
      let net = Sequential(Linear(6, 8), Tanh(), Linear(8, 5), ReLU(), Linear(5, 3))
      net.initialize(seed: 0)
      for (path, parameter) in net.parameters {
        parameter.set(Tensor(try #require(reference.start[path]), shape: parameter.shape))
      }
      let optimizer = SGD(net, learningRate: 0.1, momentum: 0.9)
      let vectors = 400
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo",
        probes: .standard + [
          GradientNoise(smoothing: 0), GradientTests(), HessianTopEigenvalue(iterations: 60, tolerance: 1e-7),
          HessianTrace(vectors: vectors), EffectiveRank(),
        ])
      for step in reference.steps {
        let inputs = Tensor(step.inputs, shape: [7, 6])
        let loss = crossEntropy(net(inputs), step.labels)
        loss.backward()
        optimizer.step()
        try recorder.step(loss: loss, again: { crossEntropy(net(inputs), step.labels) })
      }
      let run = try recorder.finish()
      func measured(_ name: String, at site: Int?, _ step: Int) throws -> Double {
        let all = try run.measures(MeasureName(rawValue: name))
        return try #require(all.first { $0.site == site && $0.step == step }, "\(name)").value
      }
      var compared = 0
      for (number, step) in reference.steps.enumerated() {
        #expect(abs(run.steps[number].loss - step.loss) < 1e-6)
        for (path, expected) in step.layers {
          for (name, value) in expected {
            let found = try recordedValue(run, name, at: path, number)
            #expect(abs(found - value) <= 2e-6 * max(abs(value), 0.01), "\(name) at \(path), step \(number)")
            compared += 1
          }
        }
        for (name, value) in step.model {
          let found = try measured(name, at: nil, number)
          #expect(
            value.map { abs(found / $0 - 1) < 2e-5 } ?? (found == .infinity),
            "\(name) in step \(number): \(found), \(value ?? .nan)")
          compared += 1
        }
        let site = run.sites.first { $0.path == "0" }!.id
        #expect(abs(try measured("effective_rank", at: site, number) / step.effective_rank - 1) < 1e-5)
        let deviation = step.hessian_trace_deviation / Double(vectors).squareRoot()
        let trace = try measured("hessian_trace", at: nil, number)
        #expect(abs(trace - step.hessian_trace) < 4 * deviation && deviation < 0.2 * abs(trace))
      }
      #expect(compared == 3 * (5 * 8 + 3 * 4 + 8))
    }
  }
}
