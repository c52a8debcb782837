import Foundation
import Rheoscope

extension DiagnosisCase {
  /// A GAN's discriminator begins each step with the gradients that the generator's loss has left in it.
  static let ganWithoutZeroGrad = DiagnosisCase(
    name: "gan-without-zero-grad", rule: "gradients not cleared", site: "discriminator",
    source: "https://github.com/Adversarial-Deep-Learning/code-soup/issues/69",
    symptom: Symptom("discriminator's mean loss, last 200 steps", failing: 1.39...2, fixed: 0.5...1.38) { run in
      run.steps.suffix(200).map(\.loss).reduce(0, +) / 200
    }
  ) { isFixed, seed, path in
    let model = GAN()
    model.initialize(seed: seed)
    let generatorOptimizer = Adam(model.generator, learningRate: 0.001, beta1: 0.5)
    let discriminatorOptimizer = Adam(model.discriminator, learningRate: 0.001, beta1: 0.5)
    let recorder = try Recorder(model, generatorOptimizer, discriminatorOptimizer, writingTo: path)
    let isReal = Tensor(repeating: 1, shape: [64, 1]), isFake = Tensor(repeating: 0, shape: [64, 1])
    var random = RandomStream(seed: seed, name: "samples")
    for _ in 0..<600 {
      // `step()` clears the gradients of its own parameters alone.
      if isFixed { discriminatorOptimizer.clearGradients() }
      let noise = Tensor(normalNumbers(64 * 8, from: &random), shape: [64, 8])
      let fakes = model.generator(noise)
      let discriminatorLoss =
        binaryCrossEntropy(logits: model.discriminator(circleOfGaussians(64, &random)), isReal)
        + binaryCrossEntropy(logits: model.discriminator(fakes.detached()), isFake)
      discriminatorLoss.backward()
      discriminatorOptimizer.step()

      let generatorLoss = binaryCrossEntropy(logits: model.discriminator(fakes), isReal)
      generatorLoss.backward()
      generatorOptimizer.step()
      try recorder.step(loss: discriminatorLoss)
    }
    return try recorder.finish()
  }
}

private final class GAN: Module {
  let generator = denseNet(8, 64, 64, 2)
  let discriminator = denseNet(2, 64, 64, 1) { LeakyReLU(slope: 0.2) }
}

/// The centers of eight Gaussians on a circle of radius 2.
private let centers: [(x: Float, y: Float)] = (0..<8).map { index in
  let angle = Float(index) * .pi / 4
  return (2 * cos(angle), 2 * sin(angle))
}

/// Points of the eight Gaussians, each of standard deviation 0.1; [count, 2].
private func circleOfGaussians(_ count: Int, _ random: inout RandomStream) -> Tensor {
  let points = (0..<count).flatMap { _ -> [Float] in
    let center = centers[Int(random.uniform() * 8)]
    let (x, y) = random.normalPair()
    return [center.x + 0.1 * Float(x), center.y + 0.1 * Float(y)]
  }
  return Tensor(points, shape: [count, 2])
}
