import Foundation
import Rheoscope
import Testing

// begin
extension Dataset {
  /// `count` windows of a sine, [count, length], and for each the number that follows it. Their phases are drawn from the seed.
  static func sineWindows(count: Int, length: Int, seed: UInt64) -> Dataset {
    var stream = RandomStream(seed: seed, name: "sine windows")
    let phases = (0..<count).map { _ in 2 * Double.pi * stream.uniform() }
    func sine(_ phase: Double, _ time: Int) -> Float { Float(sin(phase + 0.3 * Double(time))) }
    return Dataset(
      inputs: phases.map { phase in (0..<length).map { sine(phase, $0) } },
      targets: phases.map { sine($0, length) })
  }
}
// end

@Suite struct DatasetTests {
  @Test func canBeLearned() {
    let (train, test) = Dataset.sineWindows(count: 400, length: 8, seed: 1).split(testFraction: 0.25, seed: 1)
    #expect(train.count == 300 && test.features == 8 && test.outputs == 1)
    let model = Linear(8, 1)
    model.initialize(seed: 1)
    let optimizer = Adam(model, learningRate: 0.02)
    for batch in train.batches(of: 50, seed: 1).prefix(500) {
      meanSquaredError(model(batch.inputs), batch.targets).backward()
      optimizer.step()
    }
    let batch = test.batch(at: 0..<100)
    #expect(meanSquaredError(model(batch.inputs), batch.targets).value < 1e-3)
  }
}
