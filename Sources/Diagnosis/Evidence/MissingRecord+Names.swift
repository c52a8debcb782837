import RunFile

// The records that rules need and runs may lack.

extension MissingRecord {
  /// Facts about data, loss and parameters.
  static let facts = MissingRecord(
    "facts about data, loss and parameters",
    remedy: "record again with this version's Recorder(model, optimizer, writingTo: path)")
  /// The predictions and targets.
  static let targets = MissingRecord(
    "predictions and targets of the loss",
    remedy:
      "compute the loss by one call of this library, such as crossEntropy(model(x), labels), and give it to recorder.step(loss:)"
  )
  /// The printed model.
  static let model = MissingRecord(
    "the printed model",
    remedy:
      "Recorder(model, optimizer, writingTo: path) records it; another program writes it as the entry “model” of meta")
  /// The validation loss.
  static let validationLoss = MissingRecord(
    "the validation loss", remedy: "call recorder.record(Evaluation(of: model, on: data.test)) every few hundred steps")
  /// Gradients.
  static let gradients = MissingRecord(
    "gradients of layers", remedy: "Recorder(model, optimizer, writingTo: path, probes: .standard)")
  /// Activations.
  static let activations = MissingRecord(
    "activations of layers", remedy: "Recorder(model, optimizer, writingTo: path, probes: .standard)")
  /// Norms of weights and updates.
  static let weights = MissingRecord(
    "norms of weights and updates", remedy: "Recorder(model, optimizer, writingTo: path, probes: .standard)")
  /// The gradient noise scale.
  static let gradientNoise = MissingRecord(
    "the gradient noise scale", remedy: "Recorder(…, probes: .standard + [GradientNoise()])")
  /// The correlation of input gradients.
  static let gradientCorrelation = MissingRecord(
    "the correlation of input gradients", remedy: "Recorder(…, probes: .standard + [GradientCorrelation()])")
  /// More steps.
  static let steps = MissingRecord("more than 20 steps", remedy: "train for longer")
}

extension RunEvidence {
  /// What a rule lacks that needs facts.
  var missingFacts: [MissingRecord] { facts.isEmpty ? [.facts] : [] }
  /// What a rule lacks that needs the targets.
  var missingTargets: [MissingRecord] {
    facts.isEmpty ? [.facts] : facts.text(.function, of: .loss) == nil ? [.targets] : []
  }
  /// What a rule lacks that needs a quantity of layers.
  func missing(_ quantity: LayerQuantity, _ record: MissingRecord) -> [MissingRecord] {
    let grid = layers(quantity).grid
    return (0..<grid.rowCount).contains { grid.isRecorded(row: $0) } ? [] : [record]
  }
  /// What a rule lacks that needs updates.
  var missingUpdates: [MissingRecord] { relativeUpdates.contains { $0 != nil } ? [] : [.weights] }
  /// What a rule lacks that judges whether the loss falls.
  var missingSteps: [MissingRecord] { loss.state == .tooShort ? [.steps] : [] }
}
