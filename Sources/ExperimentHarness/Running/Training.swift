import Rheoscope

/// A net after its training.
public struct TrainedNet {
  /// The trained model.
  public let model: Module
  /// The recorded run; nil where nothing was recorded.
  public let run: Run?
  /// The loss of each step.
  public let losses: [Double]
}

extension Variant {
  /// A net that is trained on Fashion-MNIST and tested. It reports `MetricNames.finalLoss`, `testAccuracy`, `loss` and, where a run
  /// is recorded, `gradientFactor`.
  ///
  /// `net` makes a model from inputs [n, 784] to logits [n, 10]. The settings must declare `batch`, `steps` and, unless an
  /// `optimizer` is given, `learning-rate`. Batches and initial weights follow from the seed. By default the optimizer is SGD
  /// without momentum and without a schedule, the loss is cross-entropy, all test images are tested, and a run file is recorded with
  /// the standard probes. Parameters whose paths match a pattern of `frozen`, such as `blocks.**`, are not trained. `beforeTraining` may
  /// change the initialized model, or measure it; `afterTraining` may measure more. The trial throws where the data set or the run file
  /// can't be used, and where a pattern matches nothing.
  public init(
    _ name: String, _ title: String, adjust: @escaping @Sendable (inout Settings) -> Void = { _ in },
    theory: (@Sendable (Settings) -> GradientTheory)? = nil,
    optimizer: @escaping @Sendable (Module, Settings) -> Optimizer = { SGD($0, learningRate: Float($1.learningRate)) },
    schedule: (@Sendable (Settings) -> Schedule)? = nil,
    loss: @escaping @Sendable (_ logits: Tensor, _ labels: [Int]) -> Tensor = { crossEntropy($0, $1) },
    frozen: @escaping @Sendable (Settings) -> [String] = { _ in [] }, testImages: Int = 10_000, isRecorded: Bool = true,
    probes: @escaping @Sendable (TrialContext) throws -> ProbeSet = { _ in .standard },
    beforeTraining: @escaping @Sendable (TrialContext, Module) throws -> Void = { _, _ in },
    afterTraining: @escaping @Sendable (TrialContext, TrainedNet) throws -> Void = { _, _ in },
    net: @escaping @Sendable (Settings) -> Module
  ) {
    self.init(name, title, adjust: adjust, theory: theory, net: net, isRecorded: isRecorded) { context in
      let settings = context.settings, data = try context.data()
      guard settings.batch <= data.train.count else {
        throw ExperimentError.batchTooLarge(batch: settings.batch, images: data.train.count)
      }
      let model = net(settings)
      model.initialize(seed: UInt64(context.seed))
      try beforeTraining(context, model)
      let optimizer = optimizer(model, settings)
      optimizer.schedule = schedule?(settings)
      for pattern in frozen(settings) { try optimizer.group(pattern, isFrozen: true) }
      if let remedy = context.remedy, !remedy.apply(to: model, optimizer, seed: UInt64(context.seed)) {
        throw InapplicableRemedy(remedy: remedy)
      }
      let recorder =
        context.variant.isRecorded
        ? try context.recorder(
          model, optimizer, probes: probes(context),
          meta: [.classes: "10", .optimizer: "\(type(of: optimizer))"])
        : nil
      let batches = data.train.batches(of: settings.batch, seed: UInt64(context.seed))
      let losses = try context.train(model, optimizer, recorder, on: batches, steps: settings.steps) { batch in
        let logits = model(batch.inputs)
        let loss = loss(logits, batch.labels)
        loss.backward()
        optimizer.step()
        try recorder?.step(loss: loss, accuracy: accuracy(of: logits, batch.labels))
        return loss
      }
      model.evaluate()
      let tested = accuracy(of: model, on: data.test, first: testImages)
      model.train()
      let run = try recorder?.finish(meta: [.testAccuracy: "\(tested)"])
      context.report(MetricNames.finalLoss, finalLoss(losses))
      context.report(MetricNames.testAccuracy, tested)
      if let run { context.report(MetricNames.gradientFactor, try run.gradientFactorAtStart()) }
      context.report(MetricNames.loss, losses, over: losses.indices.map(Double.init))
      try afterTraining(context, TrainedNet(model: model, run: run, losses: losses))
    }
  }
}
