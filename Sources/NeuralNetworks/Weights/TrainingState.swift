import Autodiff
import Foundation

/// How far a training loop has come; saved with all that it needs to go on as if it had never stopped.
///
/// The file holds weights, statistics and positions of random sources of the model, and the optimizer's state, step count
/// and learning rate. Training that was saved, and restored into a model and an optimizer made as before, in the same
/// process or another, gives the same bits as training without a break. Save between `optimizer.step()` and the next
/// `backward()`: gradients are not kept, and restoring clears those that are there.
///
///     var batches = data.batches(of: 64, seed: 7).makeIterator()
///     …
///     try TrainingState(step: 50, batchPosition: batches.position).save(model, optimizer, to: "training.safetensors")
///
///     let state = try TrainingState(restoring: model, optimizer, from: "training.safetensors")
///     batches.position = state.batchPosition
///     for step in state.step..<100 { … }
///
/// The container is a safetensors file: tensors named `model.<path>` and `optimizer.<state>.<path>`, all else as text in its
/// metadata.
public struct TrainingState: Equatable, Sendable {
  /// How many steps have been taken.
  public var step: Int
  /// How many batches have been taken from the data.
  public var batchPosition: Int

  /// A loop that has taken `step` steps and as many batches, unless it is said how many.
  public init(step: Int, batchPosition: Int? = nil) {
    self.step = step
    self.batchPosition = batchPosition ?? step
  }

  /// Writes the state to one file; one that was there before is replaced when the new one is complete. A loss scaler belongs to
  /// the state where there is one. Throws a `WeightsError`.
  public func save(_ model: Module, _ optimizer: Optimizer, _ scaler: LossScaler? = nil, to path: String) throws {
    var metadata = [
      Key.format: Self.format, Key.step: "\(step)", Key.batchPosition: "\(batchPosition)",
      Key.optimizer: optimizer.kind, Key.stepCount: "\(optimizer.stepCount)",
      Key.updateCounts: optimizer.updateCounts.map(String.init).joined(separator: " "),
      Key.learningRate: "\(optimizer.learningRate)", Key.scheduledRate: "\(optimizer.scheduledRate)",
      Key.schedule: optimizer.scheduleInWords,
    ]
    if let scaler {
      metadata[Key.scale] = "\(scaler.scale)"
      metadata[Key.stepsAtScale] = "\(scaler.stepsSinceChange)"
    }
    for (path, source) in model.randomSources {
      metadata[Key.random + path] = String(decoding: try JSONEncoder().encode(source.stream), as: UTF8.self)
    }
    let tensors = model.savedTensors.map { (Key.model + $0.name, $0.tensor) }
    let states = zip(optimizer.stateShapes, optimizer.states.joined()).map { ($0.name, $1) }
    try writeSafetensors(tensors + states, metadata: metadata, to: path)
  }

  /// Reads a state that `save` wrote, and gives model and optimizer theirs. Both are as they were when they were saved: same
  /// layers, kind of optimizer, and schedule, and a loss scaler if there was one. Throws a `WeightsError`; all are then
  /// unchanged.
  public init(
    restoring model: Module, _ optimizer: Optimizer, _ scaler: LossScaler? = nil, from path: String
  ) throws {
    let file = try SafetensorsReader(path: path)
    let entries = Metadata(path: path, texts: file.header.metadata)
    guard try entries.text(Key.format) == Self.format else {
      throw WeightsError.otherTraining(path: path, problem: "its format is not “\(Self.format)”")
    }
    try entries.expect(Key.optimizer, optimizer.kind)
    try entries.expect(Key.schedule, optimizer.scheduleInWords)
    let state = Self(step: try entries.count(Key.step), batchPosition: try entries.count(Key.batchPosition))
    let stepCount = try entries.count(Key.stepCount)
    let updateCounts = try entries.counts(Key.updateCounts, optimizer.parameters.count, else: stepCount)
    let learningRate: Float = try entries.number(Key.learningRate)
    let scheduledRate: Float = try entries.number(Key.scheduledRate)
    let scale: (value: Float, steps: Int)?
    if scaler != nil {
      scale = (try entries.number(Key.scale), try entries.count(Key.stepsAtScale))
    } else {
      scale = nil
      guard entries.texts[Key.scale] == nil else {
        throw WeightsError.otherTraining(path: path, problem: "its losses were scaled; give a loss scaler")
      }
    }
    let streams = try entries.streams(of: model)
    let weights = model.savedShapes.map { (Key.model + $0.name, $0.shape) }
    let tensors = try file.tensors(named: weights + optimizer.stateShapes)

    // Nothing can fail from here on.
    model.take(Array(tensors.prefix(weights.count)))
    for ((_, source), stream) in zip(model.randomSources, streams) { source.stream = stream }
    optimizer.take(Array(tensors.dropFirst(weights.count)))
    optimizer.clearGradients()
    (optimizer.stepCount, optimizer.updateCounts) = (stepCount, updateCounts)
    optimizer.learningRate = learningRate
    optimizer.scheduledRate = scheduledRate
    if let scaler, let scale { (scaler.scale, scaler.stepsSinceChange) = (scale.value, scale.steps) }
    self = state
  }

  private static let format = "training state 1"
}

/// What the file calls its parts.
private enum Key {
  static let format = "format", step = "step", batchPosition = "batch_position"
  static let updateCounts = "optimizer.updates"
  static let optimizer = "optimizer", stepCount = "optimizer.steps", learningRate = "optimizer.learning_rate"
  static let scheduledRate = "optimizer.scheduled_rate", schedule = "optimizer.schedule"
  static let scale = "loss_scaler.scale", stepsAtScale = "loss_scaler.steps"
  static let random = "random.", model = "model."
}

extension Optimizer {
  fileprivate var kind: String { "\(type(of: self))" }
  fileprivate var scheduleInWords: String { schedule?.description ?? "none" }

  /// Names and shapes of what is kept from step to step, parameter by parameter.
  fileprivate var stateShapes: [(name: String, shape: Shape)] {
    zip(paths, parameters).flatMap { path, parameter in
      stateNames.map { ("optimizer.\($0).\(path)", parameter.shape) }
    }
  }

  /// Takes over tensors in the order of `stateShapes`.
  fileprivate func take(_ tensors: [Tensor]) {
    let count = stateNames.count
    for index in states.indices { states[index] = Array(tensors[(index * count)..<((index + 1) * count)]) }
  }
}

/// A file's texts, and errors about them.
private struct Metadata {
  let path: String
  let texts: [String: String]

  func text(_ key: String) throws(WeightsError) -> String {
    guard let text = texts[key] else { throw .otherTraining(path: path, problem: "it has no “\(key)”") }
    return text
  }

  func number<Number: LosslessStringConvertible>(_ key: String) throws(WeightsError) -> Number {
    let text = try text(key)
    guard let number = Number(text) else { throw .otherTraining(path: path, problem: "“\(key)” is “\(text)”") }
    return number
  }

  func count(_ key: String) throws(WeightsError) -> Int {
    let count: Int = try number(key)
    guard count >= 0 else { throw .otherTraining(path: path, problem: "“\(key)” is “\(count)”") }
    return count
  }

  /// As many counts; where they are not said, which files of earlier versions don't, all the same.
  func counts(_ key: String, _ number: Int, else same: Int) throws(WeightsError) -> [Int] {
    guard let text = texts[key] else { return Array(repeating: same, count: number) }
    let counts = text.split(separator: " ").compactMap { Int($0) }
    guard counts.count == number, counts.allSatisfy({ $0 >= 0 }) else {
      throw .otherTraining(path: path, problem: "“\(key)” is “\(text)”, not \(number) counts")
    }
    return counts
  }

  func expect(_ key: String, _ present: String) throws(WeightsError) {
    let saved = try text(key)
    guard saved == present else {
      throw .otherTraining(path: path, problem: "“\(key)” was \(saved) and is \(present)")
    }
  }

  /// The streams of a model's random sources, in its order.
  func streams(of model: Module) throws(WeightsError) -> [RandomStream?] {
    let wanted = model.randomSources.map { Key.random + $0.path }
    for key in texts.keys.sorted() where key.hasPrefix(Key.random) && !wanted.contains(key) {
      throw .otherTraining(path: path, problem: "the model has no random source for “\(key)”")
    }
    var streams: [RandomStream?] = []
    for key in wanted {
      let text = try text(key)
      do {
        streams.append(try JSONDecoder().decode(RandomStream?.self, from: Data(text.utf8)))
      } catch {
        throw .otherTraining(path: path, problem: "“\(key)” is “\(text)”")
      }
    }
    return streams
  }
}
