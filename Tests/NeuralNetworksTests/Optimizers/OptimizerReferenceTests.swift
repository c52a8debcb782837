import Autodiff
import Foundation
import NeuralNetworks
import TestSupport
import Testing

/// Optimizers, schedules and clipping against PyTorch 2.13 (`Reference/make_optimizer_reference.py`).
@Suite struct OptimizerReferenceTests {
  struct Recorded: Decodable, Sendable {
    struct Clipped: Decodable, Sendable {
      let norm: Double?
      let gradients: [[Double]]
    }

    let weights: [[Double]]
    let gradients: [[[Double]]]
    let updated: [String: [[Double]]]
    let rates: [String: [Double]]
    let clipped: [String: Clipped]
  }

  static let recorded = try! reference("NeuralNetworksTests/Reference/optimizers.json", as: Recorded.self)

  static let optimizers: [(String, @Sendable (Module) throws -> Optimizer)] = [
    ("sgd", { SGD($0, learningRate: 0.1) }),
    ("sgd decay", { SGD($0, learningRate: 0.1, weightDecay: 0.3) }),
    ("momentum decay", { SGD($0, learningRate: 0.1, momentum: 0.9, weightDecay: 0.3) }),
    ("nesterov", { SGD($0, learningRate: 0.1, momentum: 0.9, nesterov: true) }),
    ("nesterov decay", { SGD($0, learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.3) }),
    ("rmsprop", { RMSProp($0) }),
    (
      "rmsprop momentum decay", { RMSProp($0, learningRate: 0.02, smoothing: 0.9, momentum: 0.5, weightDecay: 0.3) }
    ),
    ("adagrad", { Adagrad($0) }),
    ("adagrad decay", { Adagrad($0, learningRate: 0.1, weightDecay: 0.3) }),
    ("adam", { Adam($0) }),
    ("adam decay", { Adam($0, learningRate: 0.05, beta1: 0.8, beta2: 0.95, weightDecay: 0.3) }),
    ("adamw", { AdamW($0) }),
    ("adamw decay", { AdamW($0, learningRate: 0.05, weightDecay: 0.3) }),
    (
      "groups",
      {
        let optimizer = AdamW($0, learningRate: 0.05, weightDecay: 0.3)
        try optimizer.group("short", learningRateFactor: 0.1, weightDecay: 0)
        return optimizer
      }
    ),
  ]

  private func pair() -> Pair { Pair(Self.recorded.weights) }

  @Test(arguments: optimizers.indices) func threeStepsAgree(_ index: Int) throws {
    let (name, make) = Self.optimizers[index]
    let pair = pair(), optimizer = try make(pair)
    for step in Self.recorded.gradients {
      pair.setGradients(step)
      optimizer.step()
    }
    for (parameter, expected) in zip([pair.short, pair.long], try #require(Self.recorded.updated[name])) {
      #expect(relativeDifference(parameter.value.values, expected) < 1e-5, "\(name)")
    }
  }

  @Test func everyRecordedOptimizerIsCompared() {
    #expect(Set(Self.optimizers.map(\.0)) == Set(Self.recorded.updated.keys))
    #expect(Set(Self.schedules.map(\.0)) == Set(Self.recorded.rates.keys))
  }

  static let schedules: [(String, Schedule)] = [
    ("step", .step(every: 7, factor: 0.3)), ("exponential", .exponential(factor: 0.9)),
    ("cosine", .cosine(over: 30, to: 0.05)), ("oneCycle", .oneCycle(over: 30)),
    ("oneCycle otherwise", .oneCycle(over: 30, riseFraction: 0.45, startDivisor: 10, endDivisor: 50)),
    ("warm-up and exponential", .exponential(factor: 0.9).warmedUp(over: 8)),
  ]

  @Test(arguments: schedules.indices) func schedulesAgree(_ index: Int) throws {
    let (name, schedule) = Self.schedules[index]
    for (step, rate) in try #require(Self.recorded.rates[name]).enumerated() {
      #expect(abs(schedule(step) - rate) < 1e-9, "\(name) at step \(step)")
    }
  }

  @Test func clippingAgrees() throws {
    for (name, limit) in [("norm", 1.5), ("large norm", 1500)] {
      let expected = try #require(Self.recorded.clipped[name]), pair = pair()
      pair.setGradients(Self.recorded.gradients[0])
      let norm = SGD(pair, learningRate: 1).clipGradients(toNorm: limit)
      #expect(abs(norm / expected.norm! - 1) < 1e-6)
      #expect(pair.differenceOfGradients(expected.gradients) < 1e-5)
    }
    let pair = pair()
    pair.setGradients(Self.recorded.gradients[0])
    SGD(pair, learningRate: 1).clipGradients(toValue: 0.4)
    #expect(pair.differenceOfGradients(try #require(Self.recorded.clipped["value"]).gradients) == 0)
  }
}

/// Two parameters whose gradients tests assign.
final class Pair: Module {
  let short = Parameter([3], initializer: .zeros)
  let long = Parameter([5, 7], initializer: .zeros)

  init(_ weights: [[Double]]) {
    super.init()
    short.set(Tensor(weights[0].map { Float($0) }, shape: short.shape))
    long.set(Tensor(weights[1].map { Float($0) }, shape: long.shape))
  }

  func setGradients(_ gradients: [[Double]]) {
    short.gradient = Tensor(gradients[0].map { Float($0) }, shape: short.shape)
    long.gradient = Tensor(gradients[1].map { Float($0) }, shape: long.shape)
  }

  func differenceOfGradients(_ expected: [[Double]]) -> Double {
    max(
      relativeDifference(short.gradient!.values, expected[0].map { Double(Float($0)) }),
      relativeDifference(long.gradient!.values, expected[1].map { Double(Float($0)) }))
  }
}
