import Experiments
import Rheoscope
import TestSupport
import Testing

@Suite struct MeasureTests {
  /// Ranks 1, 2½, 2½, 4 and 1, 3, 2, 4.
  @Test func rankCorrelationSeesOnlyOrder() {
    #expect(rankCorrelation([1, 2, 3], [-7, 0, 1e9]) == 1)
    #expect(rankCorrelation([1, 2, 3], [3, 2, 1]) == -1)
    #expect(abs(rankCorrelation([1, 2, 2, 4], [1, 3, 2, 4]) - 4.5 / 22.5.squareRoot()) < 1e-12)
    #expect(rankCorrelation([1, 2, 3, 4], [2, 4, 1, 3]) == 0)
    #expect(rankCorrelation([1, 2, 3], [5, 5, 5]).isNaN)
    #expect(rankCorrelation([1, 2, 3], [5, .nan, 6]).isNaN)
  }

  @Test func linearCKASeesNeitherTurnsNorSizes() {
    let x = Tensor([1, 2, -1, 0, 3, 1, -2, 4, 0, 1], shape: [5, 2])
    // Columns exchanged, one with its sign changed, all three times as large, and moved.
    let turned = 3 * matmul(x, Tensor([0, -1, 1, 0], shape: [2, 2])) + 7
    #expect(abs(linearCKA(x, turned) - 1) < 1e-6)
    let (a, b) = (Tensor([1, -1, 1, -1], shape: [4, 1]), Tensor([1, 1, -1, -1], shape: [4, 1]))
    #expect(linearCKA(a, b) == 0)
    // Half of b is a: cov² = 4² against 4 · 4 for a, and 8 = 4 + 4 for both columns.
    #expect(abs(linearCKA(a, concatenated([a, b], axis: 1)) - 0.5.squareRoot()) < 1e-6)
  }

  @Test func similarityToFinalIsThatOfTheSamplesNowAndAtTheEnd() throws {
    func trained(_ steps: Int, recordedTo path: String?) throws -> (Module, Run?) {
      let model = Sequential(Linear(4, 3), Tanh(), Linear(3, 2))
      model.initialize(seed: 3)
      let optimizer = SGD(model, learningRate: 0.5)
      let recorder = try path.map {
        try Recorder(
          model, optimizer, writingTo: $0,
          probes: ProbeSet(SimilarityToFinal(samples: samples, paths: ["0", "2"])).on(.at([0, 4])))
      }
      for _ in 0..<steps {
        let loss = crossEntropy(model(samples), [0, 1, 1, 0, 1, 0])
        loss.backward()
        optimizer.step()
        try recorder?.step(loss: loss)
      }
      return (model, try recorder?.finish())
    }
    var random = RandomStream(seed: 1, name: "samples")
    let samples = Tensor((0..<24).map { _ in Float(random.normalPair().0) }, shape: [6, 4])
    try withTemporaryFolder { folder in
      let (final, recorded) = try trained(5, recordedTo: folder + "/run.rheo")
      let run = try #require(recorded)
      let measures = try run.measures("similarity_to_final")
      #expect(measures.map(\.step) == [0, 0, 4, 4])
      #expect(measures.suffix(2).allSatisfy { abs($0.value - 1) < 1e-6 }, "the last step is the end")
      let (early, _) = try trained(1, recordedTo: nil)
      #expect(abs(measures[1].value - linearCKA(early(samples), final(samples))) < 1e-6)
      #expect(measures[1].value < 0.999, "training has changed something")
    }
  }
}
