import Rheoscope

/// The names under which the trial that trains a net on Fashion-MNIST reports.
public enum MetricNames {
  /// The mean loss over the last twenty steps, or all if there are fewer.
  public static let finalLoss = "final loss"
  /// The share of test images that are classified right, from 0 to 1.
  public static let testAccuracy = "test accuracy"
  /// By how much a layer multiplies dL/d(its output) going back, at step 0, fitted over interior layers; none where there are
  /// too few layers or a gradient is zero or not finite.
  public static let gradientFactor = "gradient × a layer"
  /// The curve of the loss over steps.
  public static let loss = "loss"
}

/// A net after its training.
public struct Trained {
  /// The net as it is now.
  public let model: Module
  /// What was recorded; nil where nothing was to be.
  public let run: Run?
  /// The loss of each step.
  public let losses: [Double]
}

extension Variant {
  /// A net that is trained on Fashion-MNIST and tested, and that reports what `MetricNames` names.
  ///
  /// The net takes rows of 784 pixels and gives ten logits. Settings that it needs are `batch`, `steps` and, unless an
  /// `optimizer` is given, `learning-rate`. Batches and first weights come from the seed. By default the optimizer is SGD
  /// without momentum and without a schedule, the loss cross-entropy, all test images count, and a run file is recorded
  /// by the standard probes, which the gradient factor needs. `also` may measure more when training is over.
  public init(
    _ name: String, _ title: String, adjust: @escaping @Sendable (inout Settings) -> Void = { _ in },
    theory: (@Sendable (Settings) -> GradientTheory)? = nil,
    optimizer: @escaping @Sendable (Module, Settings) -> Optimizer = { SGD($0, learningRate: Float($1.learningRate)) },
    schedule: (@Sendable (Settings) -> Schedule)? = nil,
    loss: @escaping @Sendable (_ logits: Tensor, _ labels: [Int]) -> Tensor = { crossEntropy($0, $1) },
    testImages: Int = 10_000, isRecorded: Bool = true,
    probes: @escaping @Sendable (TrialContext) throws -> ProbeSet = { _ in .standard },
    also: @escaping @Sendable (TrialContext, Trained) throws -> Void = { _, _ in },
    net: @escaping @Sendable (Settings) -> Module
  ) {
    self.init(name, title, adjust: adjust, theory: theory, net: net) { context in
      let settings = context.settings, data = try context.data()
      guard settings.batch <= data.train.count else {
        throw ExperimentError.batchTooLarge(batch: settings.batch, images: data.train.count)
      }
      let model = net(settings)
      model.initialize(seed: UInt64(context.seed))
      let optimizer = optimizer(model, settings)
      optimizer.schedule = schedule?(settings)
      let recorder =
        isRecorded
        ? try context.recorder(
          model, optimizer, probes: probes(context),
          meta: [.classes: "10", .optimizer: "\(type(of: optimizer))"])
        : nil
      var losses: [Double] = []
      for batch in data.train.batches(of: settings.batch, seed: UInt64(context.seed)).prefix(settings.steps) {
        let logits = model(batch.inputs)
        let loss = loss(logits, batch.labels)
        loss.backward()
        optimizer.step()
        try recorder?.step(loss: loss, accuracy: accuracy(of: logits, batch.labels))
        losses.append(Double(loss.value))
        context.isDone(Double(losses.count) / Double(settings.steps))
      }
      model.evaluate()
      let tested = accuracy(of: model, on: data.test, first: testImages)
      model.train()
      let run = try recorder?.finish(meta: [.testAccuracy: "\(tested)"])
      context.report(MetricNames.finalLoss, finalLoss(losses))
      context.report(MetricNames.testAccuracy, tested)
      if let run { context.report(MetricNames.gradientFactor, try run.gradientFactorAtStart()) }
      context.report(MetricNames.loss, losses, over: losses.indices.map(Double.init))
      try also(context, Trained(model: model, run: run, losses: losses))
    }
  }
}

extension Run {
  /// The gradient's factor per layer at the first step; nil where there is no fit. Throws a `RunFileError` if the file can't be read.
  package func gradientFactorAtStart() throws -> Double? { try GradientProfile.of(self)?.factor }
}
