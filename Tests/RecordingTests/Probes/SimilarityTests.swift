import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

@Suite struct SimilarityTests {
  @Test(arguments: [(50, nil), (3, nil), (50, SlowNet.convolutional), (50, .attentive)])
  func similarityIsLinearCKA(_ observations: Int, _ kind: SlowNet?) throws {
    try withTemporaryFolder { folder in
      let net =
        kind?.make() ?? Sequential(Linear(6, 8, initializer: .heNormal), ReLU(), Dropout(0.5), Linear(8, 3))
      net.initialize(seed: 2)
      let optimizer = SGD(net, learningRate: 0.5)
      let fixed = Tensor(sampleValues(60, seed: 77), shape: [10, 6])
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo",
        probes: [SimilarityToFinal(on: fixed, observations: observations)])
      func features() -> [String: [Double]] {
        net.evaluate()
        defer { net.train() }
        var found: [String: [Double]] = [:]
        let handle = try! net.onForward("**") { site, y in
          found[site.path] = y.values.map(Double.init)
          return nil
        }
        defer { handle.remove() }
        _ = withoutGradients { net(fixed) }
        return found
      }
      var then: [[String: [Double]]] = []
      for step in 0..<8 {
        let loss = crossEntropy(net(Tensor(sampleValues(30, seed: UInt64(step)), shape: [5, 6])), [0, 1, 2, 0, 1])
        loss.backward()
        optimizer.step()
        try recorder.step(loss: loss)
        then.append(features())
      }
      let run = try recorder.finish(), last = features()
      /// ‖Yᵀ X‖² / (‖Xᵀ X‖ ‖Yᵀ Y‖) of centred features.
      func similarity(_ a: [Double], _ b: [Double]) -> Double {
        func centred(_ v: [Double]) -> [[Double]] {
          let columns = v.count / 10
          return (0..<columns).map { c in
            let column = (0..<10).map { v[$0 * columns + c] }, mean = column.reduce(0, +) / 10
            return column.map { $0 - mean }
          }
        }
        func square(_ x: [[Double]], _ y: [[Double]]) -> Double {
          sum(x.count) { i in sum(y.count) { j in dot(x[i], y[j]) * dot(x[i], y[j]) } }
        }
        let x = centred(a), y = centred(b)
        return square(x, y) / (square(x, x) * square(y, y)).squareRoot()
      }
      let found = try run.measures("similarity_to_final")
      let steps = observations == 3 ? [0, 4] : Array(0..<8)
      #expect(Set(found.map(\.step)).sorted() == steps && found.count == run.sites.count * steps.count)
      for measure in found {
        let path = run.sites.first { $0.id == measure.site }!.path
        let expected = similarity(then[measure.step][path]!, last[path]!)
        #expect(abs(measure.value - expected) < 1e-5, "\(path), step \(measure.step)")
        if measure.step == 7 { #expect(abs(measure.value - 1) < 1e-6) }
      }
      #expect(found.contains { $0.value < 0.95 }, "the net is one that changes")
    }
  }

  @Test func theFirstBatchIsTakenWhereNoneIsGiven() throws {
    try withTemporaryFolder { folder in
      let training = try ProbedTraining([SimilarityToFinal()], in: folder)
      let found = try training.measured("similarity_to_final", at: "0")
      #expect(found.keys.sorted() == Array(0..<5) && abs(found[4]! - 1) < 1e-6 && found[0]! < 1)
    }
  }

  @Test func inputGradientsAreThoseOfEachSample() throws {
    try withTemporaryFolder { folder in
      let net = Sequential(Linear(6, 8), Tanh(), Linear(8, 3))
      net.initialize(seed: 2)
      let optimizer = SGD(net, learningRate: 0.5)
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", probes: [InputGradients()])
      let labels = [0, 1, 2, 0, 1]
      var norms: [Double] = [], features = [Double](repeating: 0, count: 6)
      for step in 0..<2 {
        let x = sampleValues(30, seed: UInt64(step)), inputs = Tensor(x, shape: [5, 6])
        let loss = crossEntropy(net(inputs), labels)
        loss.backward()
        optimizer.step()
        try recorder.step(loss: loss, again: { crossEntropy(net(inputs), labels) })
        var norm = 0.0
        for sample in 0..<5 {
          let leaf = Tensor(Array(x[sample * 6..<sample * 6 + 6]), shape: [1, 6]).requiringGradient()
          let gradient = gradients(of: crossEntropy(net(leaf), [labels[sample]]), withRespectTo: [leaf])[0].values
          norm += gradient.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() / 5
          for feature in 0..<6 { features[feature] += Double(abs(gradient[feature])) / 10 }
        }
        norms.append(norm)
      }
      let run = try recorder.finish()
      #expect(relativeDifference(try run.measures("input_gradient_norm").map { Float($0.value) }, norms) < 1e-5)
      let found = try (0..<6).map { Float(try #require(try run.measures("input_gradient.\($0)").first).value) }
      #expect(relativeDifference(found, features) < 1e-5)
    }
  }
}
