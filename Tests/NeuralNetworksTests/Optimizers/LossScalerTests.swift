import Autodiff
import NeuralNetworks
import TestSupport
import Testing

@Suite struct LossScalerTests {
  private func net() -> Sequential {
    let net = Sequential(Linear(4, 4), ReLU(), Linear(4, 2))
    net.initialize(seed: 5)
    return net
  }

  private let x = { Tensor(sampleValues(12), shape: [3, 4]) }

  /// The first layer's gradient of a loss so small that it underflows in float16 without scaling.
  private func gradient(_ precision: Precision, scale: Float) -> [Float] {
    let net = net()
    let output = withPrecision(precision) { net(x()) }
    ((output * output).sum() * (1e-8 * scale)).backward()
    return net.parameters[0].parameter.gradient!.values.map { $0 / scale }
  }

  @Test func scalingPreventsUnderflow() {
    let expected = gradient(.float32, scale: 1)
    #expect(gradient(.float16, scale: 1).allSatisfy { $0 == 0 })
    #expect(relativeDifference(gradient(.float16, scale: 0x1p24), expected) < 2e-2)
  }

  @Test func stepsAreThoseWithoutScaling() {
    func train(_ scaler: LossScaler?) -> [[Float]] {
      let net = net(), optimizer = SGD(net, learningRate: 0.1)
      for _ in 0..<3 {
        let loss = crossEntropy(net(x()), [0, 1, 1])
        (scaler?.scaled(loss) ?? loss).backward()
        if let scaler { #expect(scaler.step(optimizer)) } else { optimizer.step() }
      }
      return net.parameters.map { $0.parameter.value.values }
    }
    // Powers of 2 scale without rounding.
    #expect(train(nil) == train(LossScaler()))
  }

  /// However often it is halved or doubled, it stays above 0 and finite.
  @Test func theScaleStaysWithinItsRange() {
    let net = net(), optimizer = SGD(net, learningRate: 0), small = LossScaler(scale: 0x1p-125)
    for _ in 0..<5 {
      (net(x()).sum() * .infinity).backward()
      #expect(!small.step(optimizer))
    }
    #expect(small.scale == .leastNormalMagnitude && (1 / small.scale).isFinite)
    let large = LossScaler(scale: 0x1p126, growthInterval: 1)
    for _ in 0..<3 {
      (large.scaled(net(x()).sum()) * 0).backward()
      #expect(large.step(optimizer))
    }
    #expect(large.scale == 0x1p127)
  }

  @Test func overflowHalvesTheScaleAndStepsWithoutSkipDoubleIt() {
    let net = net(), optimizer = SGD(net, learningRate: 0.1), scaler = LossScaler(scale: 1024, growthInterval: 2)
    let before = net.parameters.map { $0.parameter.value.values }
    (net(x()).sum() * .infinity).backward()
    #expect(!scaler.step(optimizer))
    #expect(scaler.scale == 512)
    #expect(net.parameters.map { $0.parameter.value.values } == before)
    #expect(net.parameters.allSatisfy { $0.parameter.gradient == nil })
    for _ in 0..<2 {
      scaler.scaled(crossEntropy(net(x()), [0, 1, 1])).backward()
      #expect(scaler.step(optimizer))
    }
    #expect(scaler.scale == 1024)
  }

  /// The scale changes after all of them; if one must skip the step, all do.
  @Test func optimizersOfOneScaleStepTogether() {
    let first = net(), second = net(), scaler = LossScaler(scale: 1024, growthInterval: 1)
    let optimizers = [SGD(first, learningRate: 0.1), SGD(second, learningRate: 0.1)]
    let before = first.parameters.map { $0.parameter.value.values }
    scaler.scaled(first(x()).sum()).backward()
    (second(x()).sum() * .infinity).backward()
    #expect(!scaler.step(optimizers[0], optimizers[1]) && scaler.scale == 512)
    #expect(first.parameters.map { $0.parameter.value.values } == before)
    for net in [first, second] { scaler.scaled(net(x()).sum()).backward() }
    #expect(scaler.step(optimizers[0], optimizers[1]) && scaler.scale == 1024)
    #expect(
      zip(first.parameters, second.parameters).allSatisfy { $0.parameter.value.values == $1.parameter.value.values })
  }

  @Test func hooksSeeFloat16GradientsWithoutTheScale() throws {
    func seen(_ precision: Precision, _ scaler: LossScaler) throws -> [Float] {
      let net = net()
      var seen: [Float] = []
      try net.onBackward("0") { _, gradient in
        seen = gradient.values
        return nil
      }
      scaler.scaled((withPrecision(precision) { net(x()) }).sum() * 1e-6).backward()
      return seen
    }
    let exact = try seen(.float32, LossScaler(scale: 1))
    #expect(try relativeDifference(seen(.float16, LossScaler()), exact) < 1e-2)
  }

  /// Gradients are unscaled when they are clipped.
  @Test func gradientsAreClippedInTheStep() {
    func train(_ scaler: LossScaler?) -> [[Float]] {
      let net = net(), optimizer = SGD(net, learningRate: 0.1)
      optimizer.beforeStep { $0.clipGradients(toNorm: 0.01) }
      let loss = crossEntropy(net(x()), [0, 1, 1])
      (scaler?.scaled(loss) ?? loss).backward()
      if let scaler { #expect(scaler.step(optimizer)) } else { optimizer.step() }
      return net.parameters.map { $0.parameter.value.values }
    }
    #expect(train(nil) == train(LossScaler()))
  }

  /// The gradients of frozen parameters cause no skip.
  @Test func frozenParametersSkipNoStep() throws {
    let net = net(), optimizer = SGD(net, learningRate: 0.1), scaler = LossScaler()
    try optimizer.group("0.weight", isFrozen: true)
    for (_, parameter) in net.parameters { parameter.gradient = Tensor(repeating: 1, shape: parameter.shape) }
    net.parameters[0].parameter.gradient = Tensor(repeating: .infinity, shape: net.parameters[0].parameter.shape)
    #expect(scaler.step(optimizer))
  }
}
