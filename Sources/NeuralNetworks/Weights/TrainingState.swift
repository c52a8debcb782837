import Autodiff
import Foundation
import Support

/// The position of a training loop. It is saved with all that is needed to resume training with the same bits.
///
/// The file holds the model's weights, buffers and positions of random sources, and the optimizer's state, step count and
/// learning rate. Training that is restored into the same model and optimizer, in this process or another, gives the same bits
/// as training without a break. Save between `optimizer.step()` and the next `backward()`: gradients are not saved, and
/// restoring clears them.
///
///     var batches = data.batches(of: 64, seed: 7).makeIterator()
///     …
///     try TrainingState(step: 50, batchPosition: batches.position).save(model, optimizer, to: "training.safetensors")
///
///     let state = try TrainingState(restoring: model, optimizer, from: "training.safetensors")
///     batches.position = state.batchPosition
///     for step in state.step..<100 { … }
///
/// The file is a safetensors file with tensors `model.<path>` and `optimizer.<state>.<path>`, and the rest as text in its metadata.
public struct TrainingState: Equatable, Sendable {
  /// The number of steps so far.
  public var step: Int
  /// The number of batches so far, for `ShuffledBatches.Iterator.position`.
  public var batchPosition: Int

  /// The position after `step` steps; `batchPosition` is `step` unless given.
  public init(step: Int, batchPosition: Int? = nil) {
    self.step = step
    self.batchPosition = batchPosition ?? step
  }

  /// Writes the state of model, optimizer and, if there is one, loss scaler to a file.
  ///
  /// An existing file is replaced only when the new one is complete. Throws a `WeightsError` if the file cannot be written.
  public func save(_ model: Module, _ optimizer: Optimizer, _ scaler: LossScaler? = nil, to path: String) throws {
    try save(model, optimizer, scaler, with: SavedState(), to: path)
  }

  /// Writes also `others`, what others need to go on, which `others(in:)` reads. Throws a `WeightsError` if the file cannot be written.
  package func save(
    _ model: Module, _ optimizer: Optimizer, _ scaler: LossScaler?, with others: SavedState, to path: String
  ) throws {
    var metadata = [
      Key.format: Self.format, Key.step: "\(step)", Key.batchPosition: "\(batchPosition)",
      Key.optimizer: optimizer.kind, Key.stepCount: "\(optimizer.stepCount)",
      Key.updateCounts: optimizer.updateCounts.map(String.init).joined(separator: " "),
      Key.learningRate: "\(optimizer.learningRate)", Key.scheduledRate: "\(optimizer.scheduledRate)",
      Key.schedule: optimizer.scheduleDescription,
    ]
    if let scaler {
      metadata[Key.scale] = "\(scaler.scale)"
      metadata[Key.stepsAtScale] = "\(scaler.stepsSinceChange)"
    }
    for (path, source) in model.randomSources {
      metadata[Key.random + path] = String(decoding: try JSONEncoder().encode(source.stream), as: UTF8.self)
    }
    for (key, text) in others.metadata { metadata[Key.others + key] = text }
    let tensors = model.savedTensors.map { (Key.model + $0.name, $0.tensor) }
    let states = zip(optimizer.stateShapes, optimizer.states.joined()).map { ($0.name, $1) }
    let all = tensors + states + others.tensors.map { (Key.others + $0.key, $0.value) }
    metadata[Key.checksum] = Self.checksum(metadata, all)
    try writeSafetensors(all, metadata: metadata, to: path)
  }

  /// What was saved `with` a training state. Throws a `WeightsError` if the file cannot be read.
  package static func others(in path: String) throws(WeightsError) -> SavedState {
    let file = try SafetensorsReader(path: path)
    try checkIsUnchanged(file)
    func isOther(_ name: String) -> Bool { name.hasPrefix(Key.others) }
    func own(_ name: String) -> String { String(name.dropFirst(Key.others.count)) }
    var metadata: [String: String] = [:], tensors: [String: Tensor] = [:]
    for (key, text) in file.header.metadata where isOther(key) { metadata[own(key)] = text }
    let shapes = try Self.shapes(in: file).filter { isOther($0.name) }
    for (shape, tensor) in zip(shapes, try file.tensors(named: shapes, ignoring: { !isOther($0) })) {
      tensors[own(shape.name)] = tensor
    }
    let (state, badKey) = SavedState.reading(metadata, tensors)
    if let badKey { throw .differentTraining(path: path, problem: "“\(Key.others + badKey)” is no list of numbers") }
    return state
  }

  /// Reads a file that `save` wrote, and restores model, optimizer and loss scaler.
  ///
  /// The layers, the kind of optimizer, the schedule and the presence of a loss scaler must be those of the saved training. Throws
  /// a `WeightsError` if they are not, or if the file cannot be read; nothing is then changed.
  public init(
    restoring model: Module, _ optimizer: Optimizer, _ scaler: LossScaler? = nil, from path: String
  ) throws {
    let file = try SafetensorsReader(path: path)
    let entries = Metadata(path: path, texts: file.header.metadata)
    guard try entries.text(Key.format) == Self.format else {
      throw WeightsError.differentTraining(path: path, problem: "its format is not “\(Self.format)”")
    }
    try entries.expect(Key.optimizer, optimizer.kind)
    try entries.expect(Key.schedule, optimizer.scheduleDescription)
    let state = Self(step: try entries.count(Key.step), batchPosition: try entries.count(Key.batchPosition))
    let stepCount = try entries.count(Key.stepCount)
    let updateCounts = try entries.counts(Key.updateCounts, optimizer.parameters.count, else: stepCount)
    let learningRate = try entries.factor(Key.learningRate), scheduledRate = try entries.factor(Key.scheduledRate)
    let scale: (value: Float, steps: Int)?
    if scaler != nil {
      scale = (try entries.factor(Key.scale, isPositive: true), try entries.count(Key.stepsAtScale))
    } else {
      scale = nil
      guard entries.texts[Key.scale] == nil else {
        throw WeightsError.differentTraining(path: path, problem: "its losses were scaled; pass a loss scaler")
      }
    }
    let streams = try entries.streams(of: model)
    let weights = model.savedShapes.map { (Key.model + $0.name, $0.shape) }
    let tensors = try file.tensors(named: weights + optimizer.stateShapes, ignoring: { $0.hasPrefix(Key.others) })
    try Self.checkIsUnchanged(file)

    // From here on nothing throws.
    model.assign(Array(tensors.prefix(weights.count)), from: nil)
    for ((_, source), stream) in zip(model.randomSources, streams) { source.stream = stream }
    optimizer.assign(Array(tensors.dropFirst(weights.count)))
    optimizer.clearGradients()
    (optimizer.stepCount, optimizer.updateCounts) = (stepCount, updateCounts)
    optimizer.learningRate = learningRate
    optimizer.scheduledRate = scheduledRate
    if let scaler, let scale { (scaler.scale, scaler.stepsSinceChange) = (scale.value, scale.steps) }
    self = state
  }

  private static let format = "training state 1"

  /// Throws a `WeightsError` unless a file is as it was written; those of earlier versions have no checksum.
  private static func checkIsUnchanged(_ file: SafetensorsReader) throws(WeightsError) {
    guard let written = file.header.metadata[Key.checksum] else { return }
    let shapes = try shapes(in: file)
    let tensors = zip(shapes.map(\.name), try file.tensors(named: shapes)).map { (name: $0, tensor: $1) }
    guard checksum(file.header.metadata, tensors) == written else {
      throw .differentTraining(path: file.path, problem: "it was changed after it was written")
    }
  }

  /// Names and shapes of all tensors. Throws a `WeightsError` if one has too many dimensions.
  private static func shapes(in file: SafetensorsReader) throws(WeightsError) -> [(name: String, shape: Shape)] {
    var shapes: [(name: String, shape: Shape)] = []
    for (name, entry) in file.header.entries {
      guard let shape = Shape(exactly: entry.shape) else {
        throw .malformed(
          path: file.path, problem: "“\(name)” has the shape \(entry.shape); at most 8 dimensions are possible")
      }
      shapes.append((name, shape))
    }
    return shapes
  }

  /// The checksum of all entries but itself.
  private static func checksum(_ metadata: [String: String], _ tensors: [(name: String, tensor: Tensor)]) -> String {
    var sum = Checksum()
    for (key, text) in metadata.sorted(by: { $0.key < $1.key }) where key != Key.checksum {
      sum.add(key)
      sum.add(text)
    }
    for (name, tensor) in tensors.sorted(by: { $0.name < $1.name }) {
      sum.add(name)
      sum.add("\(tensor.shape)")
      tensor.withValues { sum.add(UnsafeRawBufferPointer($0)) }
    }
    return sum.text
  }
}

/// The names of the metadata.
private enum Key {
  static let format = "format", step = "step", batchPosition = "batch_position"
  static let updateCounts = "optimizer.updates"
  static let optimizer = "optimizer", stepCount = "optimizer.steps", learningRate = "optimizer.learning_rate"
  static let scheduledRate = "optimizer.scheduled_rate", schedule = "optimizer.schedule"
  static let scale = "loss_scaler.scale", stepsAtScale = "loss_scaler.steps"
  static let random = "random.", model = "model.", others = "others.", checksum = "checksum"
}

extension Optimizer {
  fileprivate var kind: String { "\(type(of: self))" }
  fileprivate var scheduleDescription: String { schedule?.description ?? "none" }

  /// Names and shapes of the optimizer's states, parameter by parameter.
  fileprivate var stateShapes: [(name: String, shape: Shape)] {
    zip(paths, parameters).flatMap { path, parameter in
      stateNames.map { ("optimizer.\($0).\(path)", parameter.shape) }
    }
  }

  /// Assigns tensors in the order of `stateShapes`.
  fileprivate func assign(_ tensors: [Tensor]) {
    let count = stateNames.count
    for index in states.indices { states[index] = Array(tensors[(index * count)..<((index + 1) * count)]) }
  }
}

/// The metadata of a file, and errors about them.
private struct Metadata {
  let path: String
  let texts: [String: String]

  func text(_ key: String) throws(WeightsError) -> String {
    guard let text = texts[key] else { throw .differentTraining(path: path, problem: "it has no “\(key)”") }
    return text
  }

  /// A finite number from 0 on, or above 0.
  func factor(_ key: String, isPositive: Bool = false) throws(WeightsError) -> Float {
    let text = try text(key)
    guard let number = Float(text), number.isFinite, number > 0 || number == 0 && !isPositive else {
      let right = isPositive ? "a finite number above 0" : "a finite number from 0 on"
      throw .differentTraining(path: path, problem: "“\(key)” is “\(text)”, not \(right)")
    }
    return number
  }

  func count(_ key: String) throws(WeightsError) -> Int {
    let text = try text(key)
    guard let count = Int(text), count >= 0 else {
      throw .differentTraining(path: path, problem: "“\(key)” is “\(text)”, not a whole number from 0 on")
    }
    return count
  }

  /// A list of `number` counts; files of earlier versions do not have it, and all counts are then `same`.
  func counts(_ key: String, _ number: Int, else same: Int) throws(WeightsError) -> [Int] {
    guard let text = texts[key] else { return Array(repeating: same, count: number) }
    let words = text.split(separator: " "), counts = words.compactMap { Int($0) }
    guard counts.count == number, words.count == number, counts.allSatisfy({ $0 >= 0 }) else {
      throw .differentTraining(path: path, problem: "“\(key)” is “\(text)”, not \(number) counts")
    }
    return counts
  }

  /// Throws unless the saved text is the present one.
  func expect(_ key: String, _ present: String) throws(WeightsError) {
    let saved = try text(key)
    guard saved == present else {
      throw .differentTraining(path: path, problem: "“\(key)” is \(saved) in the file and \(present) here")
    }
  }

  /// The streams of a model's random sources, in the model's order.
  func streams(of model: Module) throws(WeightsError) -> [RandomStream?] {
    let wanted = model.randomSources.map { Key.random + $0.path }
    for key in texts.keys.sorted() where key.hasPrefix(Key.random) && !wanted.contains(key) {
      throw .differentTraining(path: path, problem: "the model has no random source for “\(key)”")
    }
    var streams: [RandomStream?] = []
    for key in wanted {
      let text = try text(key)
      do {
        streams.append(try JSONDecoder().decode(RandomStream?.self, from: Data(text.utf8)))
      } catch {
        throw .differentTraining(path: path, problem: "“\(key)” is “\(text)”, not the position of a random stream")
      }
    }
    return streams
  }
}
