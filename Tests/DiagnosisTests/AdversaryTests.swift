import Foundation
import Rheoscope
import TestSupport
import Testing

/// Small GANs: one whose discriminator wins, and one in balance.
@Suite struct AdversaryTests {
  private final class Pair: Module {
    let generator = denseNet(4, 32, 2)
    let discriminator = denseNet(2, 64, 64, 1) { LeakyReLU(slope: 0.2) }
  }

  /// Trains a generator to make points around (2, 0). The discriminator wins where it learns faster, the points begin far away, and the
  /// generator minimizes ln(1 − D(G(z))) in place of −ln D(G(z)).
  private func train(isBalanced: Bool, seed: UInt64, in folder: String) throws -> Run {
    let model = Pair()
    model.initialize(seed: seed)
    let generator = Adam(model.generator, learningRate: isBalanced ? 0.002 : 0.0001, beta1: 0.5)
    let discriminator = Adam(model.discriminator, learningRate: 0.002, beta1: 0.5)
    let recorder = try Recorder(
      model, generator, discriminator, writingTo: "\(folder)/\(isBalanced)-\(seed).rheo",
      warn: { Issue.record("\($0)") })
    let isReal = Tensor(repeating: 1, shape: [64, 1]), isFake = Tensor(repeating: 0, shape: [64, 1])
    let center: Float = isBalanced ? 2 : 8
    var random = RandomStream(seed: seed, name: "samples")
    for _ in 0..<300 {
      discriminator.clearGradients()
      let fakes = model.generator(Tensor(normalNumbers(64 * 4, from: &random), shape: [64, 4]))
      let points = normalNumbers(64 * 2, from: &random).enumerated().map { $1 * 0.5 + ($0 % 2 == 0 ? center : 0) }
      let loss =
        binaryCrossEntropy(logits: model.discriminator(Tensor(points, shape: [64, 2])), isReal)
        + binaryCrossEntropy(logits: model.discriminator(fakes.detached()), isFake)
      loss.backward()
      discriminator.step()
      let answer = model.discriminator(fakes)
      (isBalanced ? binaryCrossEntropy(logits: answer, isReal) : -binaryCrossEntropy(logits: answer, isFake)).backward()
      generator.step()
      try recorder.step(loss: loss)
    }
    return try recorder.finish()
  }

  @Test(arguments: [1, 2] as [UInt64]) func aDiscriminatorThatWinsIsNamed(_ seed: UInt64) throws {
    try withTemporaryFolder { folder in
      let run = try train(isBalanced: false, seed: seed, in: folder)
      #expect(run.finalLoss < 0.01)
      let found = diagnose(run)
      #expect(found.map(\.rule).contains("one net starves the other"), "\(found)")
      let finding = try #require(found.first { $0.rule == "one net starves the other" })
      #expect(finding.statement.contains("the net of optimizer 1"), "\(finding)")
    }
  }

  @Test(arguments: [1, 2] as [UInt64]) func netsInBalanceAreSilent(_ seed: UInt64) throws {
    try withTemporaryFolder { folder in
      let run = try train(isBalanced: true, seed: seed, in: folder)
      #expect((0.5...2).contains(run.finalLoss), "\(run.finalLoss)")
      #expect(diagnose(run).filter { $0.severity > .note }.isEmpty, "\(diagnose(run))")
    }
  }
}
