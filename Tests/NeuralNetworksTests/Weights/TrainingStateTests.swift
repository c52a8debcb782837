import Autodiff
import Foundation
import NeuralNetworks
import TestSupport
import Testing

@Suite struct TrainingStateTests {
  private func train(_ model: NoisyNet, _ optimizer: Optimizer, _ steps: Range<Int>) -> [Float] {
    steps.map { step in
      let inputs = Tensor(sampleValues(4 * 6, seed: UInt64(step + 1)), shape: [4, 6])
      let loss = crossEntropy(model(inputs), [0, 1, 2, step % 3])
      loss.backward()
      optimizer.step()
      return loss.value
    }
  }

  private func made(_ make: (Module) -> Optimizer, seed: UInt64?) -> (NoisyNet, Optimizer) {
    let model = NoisyNet()
    if let seed { model.initialize(seed: seed) }
    let optimizer = make(model)
    optimizer.schedule = .cosine(over: 90).warmedUp(over: 20)
    return (model, optimizer)
  }

  @Test(arguments: everyOptimizer.indices) func trainingInTwoPartsGivesTheSameBits(_ index: Int) throws {
    let (whole, optimizer) = made(everyOptimizer[index], seed: 3)
    let losses = train(whole, optimizer, 0..<100)
    try withTemporaryFolder { folder in
      do {
        let (model, optimizer) = made(everyOptimizer[index], seed: 3)
        #expect(train(model, optimizer, 0..<50) == Array(losses[..<50]))
        try TrainingState(step: 50, batchPosition: 1 << 60).save(model, optimizer, to: folder + "/state")
      }
      // Never initialized, so that all values come from the file.
      let (model, optimizer) = made(everyOptimizer[index], seed: nil)
      let state = try TrainingState(restoring: model, optimizer, from: folder + "/state")
      #expect(state == TrainingState(step: 50, batchPosition: 1 << 60))
      #expect(train(model, optimizer, 50..<100) == Array(losses[50...]))
      #expect(model.noise.calls.value.values == [100])
      for (a, b) in zip(model.parameters, whole.parameters) {
        #expect(a.parameter.value.values == b.parameter.value.values)
      }
    }
    for (a, b) in zip(optimizer.states.joined(), made(everyOptimizer[index], seed: 3).1.states.joined()) {
      #expect(a.values != b.values, "the optimizer's state matters")
    }
  }

  /// The scale and the number of steps since it changed are part of the state.
  @Test func aLossScalerIsRestored() throws {
    func train(_ model: Module, _ optimizer: Optimizer, _ scaler: LossScaler, _ steps: Range<Int>) -> [[Float]] {
      steps.map { step in
        let inputs = Tensor(sampleValues(4 * 6, seed: UInt64(step + 1)), shape: [4, 6])
        let loss = crossEntropy(withPrecision(.float16) { model(inputs) }, [0, 1, 2, step % 3])
        // Every seventh step is skipped.
        scaler.scaled(step % 7 == 3 ? loss * .infinity : loss).backward()
        scaler.step(optimizer)
        return [loss.value, scaler.scale]
      }
    }
    func scaler() -> LossScaler { LossScaler(scale: 1024, growthInterval: 4) }
    let (whole, optimizer) = made({ Adam($0, learningRate: 0.01) }, seed: 3), calm = scaler()
    let losses = train(whole, optimizer, calm, 0..<20)
    try withTemporaryFolder { folder in
      let path = folder + "/state"
      let (first, early) = made({ Adam($0, learningRate: 0.01) }, seed: 3), before = scaler()
      _ = train(first, early, before, 0..<13)
      try TrainingState(step: 13).save(first, early, before, to: path)
      let (model, late) = made({ Adam($0, learningRate: 0.01) }, seed: nil), after = scaler()
      #expect(try TrainingState(restoring: model, late, after, from: path).step == 13)
      #expect(train(model, late, after, 13..<20) == Array(losses[13...]))
      #expect(throws: WeightsError.differentTraining(path: path, problem: "its losses were scaled; pass a loss scaler"))
      {
        try TrainingState(restoring: model, late, from: path)
      }
      try TrainingState(step: 13).save(first, early, to: path)
      #expect(throws: WeightsError.differentTraining(path: path, problem: "it has no “loss_scaler.scale”")) {
        try TrainingState(restoring: model, late, after, from: path)
      }
    }
  }

  @Test func aDifferentTrainingIsRefusedAndUnchanged() throws {
    let (model, optimizer) = made({ Adam($0) }, seed: 1)
    _ = train(model, optimizer, 0..<2)
    try withTemporaryFolder { folder in
      let path = folder + "/state"
      try TrainingState(step: 2).save(model, optimizer, to: path)
      let (other, descent) = made({ SGD($0, learningRate: 0.1) }, seed: 2)
      let before = other.first.weight.value.values
      #expect(
        throws: WeightsError.differentTraining(path: path, problem: "“optimizer” is Adam in the file and SGD here")
      ) {
        try TrainingState(restoring: other, descent, from: path)
      }
      let unscheduled = Adam(other)
      #expect(
        throws: WeightsError.differentTraining(
          path: path,
          problem: "“optimizer.schedule” is cosine(over: 90, to: 0.0).warmedUp(over: 20) in the file and none here")
      ) { try TrainingState(restoring: other, unscheduled, from: path) }
      let plain = Sequential(Linear(6, 8), Linear(8, 3)), adam = Adam(plain)
      adam.schedule = optimizer.schedule
      #expect(
        throws: WeightsError.differentTraining(
          path: path, problem: "the model has no random source for “random.noise.source”")
      ) { try TrainingState(restoring: plain, adam, from: path) }
      #expect(other.first.weight.value.values == before)
      try other.saveWeights(to: path)
      #expect(throws: WeightsError.differentTraining(path: path, problem: "it has no “format”")) {
        try TrainingState(restoring: other, descent, from: path)
      }
    }
  }

  @Test func aPositionInsideABlockOfRandomNumbersSurvives() throws {
    var stream = RandomStream(seed: .max, name: "odd")
    _ = stream.next()
    var again = try JSONDecoder().decode(RandomStream.self, from: JSONEncoder().encode(stream))
    for _ in 0..<5 { #expect(again.next() == stream.next()) }
  }

  /// A gradient from before the restoration is not part of the restored training.
  @Test func restoringClearsGradients() throws {
    try withTemporaryFolder { folder in
      let (model, optimizer) = made(everyOptimizer[0], seed: 3)
      try TrainingState(step: 0).save(model, optimizer, to: folder + "/state")
      let parameter = model.parameters[0].parameter
      parameter.gradient = Tensor(repeating: .nan, shape: parameter.shape)
      _ = try TrainingState(restoring: model, optimizer, from: folder + "/state")
      #expect(model.parameters.allSatisfy { $0.parameter.gradient == nil })
    }
  }

  /// A file edited by hand: no number of it is used before it was checked, and nothing is restored.
  @Test(arguments: [
    ("step", "1.0", "“step” is “1.0”, not a whole number from 0 on"),
    ("step", "-1", "“step” is “-1”, not a whole number from 0 on"),
    (
      "batch_position", "99999999999999999999",
      "“batch_position” is “99999999999999999999”, not a whole number from 0 on"
    ),
    ("optimizer.steps", "", "“optimizer.steps” is “”, not a whole number from 0 on"),
    ("optimizer.updates", "1 x 1 1 1", "“optimizer.updates” is “1 x 1 1 1”, not 4 counts"),
    ("optimizer.updates", "1 1 -1 1", "“optimizer.updates” is “1 1 -1 1”, not 4 counts"),
    ("optimizer.learning_rate", "nan", "“optimizer.learning_rate” is “nan”, not a finite number from 0 on"),
    ("optimizer.learning_rate", "-0.1", "“optimizer.learning_rate” is “-0.1”, not a finite number from 0 on"),
    ("optimizer.scheduled_rate", "1e39", "“optimizer.scheduled_rate” is “1e39”, not a finite number from 0 on"),
    ("loss_scaler.scale", "0", "“loss_scaler.scale” is “0”, not a finite number above 0"),
    ("loss_scaler.scale", "inf", "“loss_scaler.scale” is “inf”, not a finite number above 0"),
    ("loss_scaler.steps", "-3", "“loss_scaler.steps” is “-3”, not a whole number from 0 on"),
    (
      "random.noise.source", "{\"key\":[1]}",
      "“random.noise.source” is “{\"key\":[1]}”, not the position of a random stream"
    ),
    ("format", "training state 9", "its format is not “training state 1”"),
    ("step", "3", "it was changed after it was written"),
    ("optimizer.steps", "9223372036854775807", "it was changed after it was written"),
    ("checksum", "0123456789abcdef", "it was changed after it was written"),
  ])
  func editedNumbersAreRefused(_ key: String, _ text: String, _ problem: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/state"
      let (model, optimizer) = made({ Adam($0) }, seed: 1), scaler = LossScaler(scale: 8)
      try TrainingState(step: 2).save(model, optimizer, scaler, to: path)
      let metadata = try SavedHeader(path: path)
      try metadata.replacing(key, by: text).write(to: URL(filePath: path))
      let before = model.first.weight.value.values
      #expect(throws: WeightsError.differentTraining(path: path, problem: problem)) {
        try TrainingState(restoring: model, optimizer, scaler, from: path)
      }
      #expect(model.first.weight.value.values == before && scaler.scale == 8)
    }
  }
}

/// A safetensors file whose metadata are changed.
private struct SavedHeader {
  let header: [String: Any]
  let rest: Data

  init(path: String) throws {
    let data = try Data(contentsOf: URL(filePath: path))
    let end = 8 + data.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    header = try #require(try JSONSerialization.jsonObject(with: data[8..<end]) as? [String: Any])
    rest = data[end...]
  }

  func replacing(_ key: String, by text: String) throws -> Data {
    var metadata = try #require(header["__metadata__"] as? [String: String]), header = header
    #expect(metadata.updateValue(text, forKey: key) != nil)
    header["__metadata__"] = metadata
    let json = try JSONSerialization.data(withJSONObject: header)
    return withUnsafeBytes(of: UInt64(json.count)) { Data($0) } + json + rest
  }
}
