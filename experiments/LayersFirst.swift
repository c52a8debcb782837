import ExperimentHarness
import Foundation
import Rheoscope

// All layers of a net are trained at the same time, but do they learn at the same time? Raghu et al. (2017) compared the
// representation of each layer during training with its representation after training. Linear CKA is such a comparison: it
// is 1 if two representations of the same images agree on which images are similar, and 0 if they are independent. They
// found that layers converge from the bottom up, and concluded that lower layers may be frozen early. Here too the similarity
// rises from the bottom up. Does that show what the layers learn?
//
// A control says no. Each layer's weights are moved as far as training moves them, step by step, but in a random direction.
// Such a net learns nothing and its representations change less, and yet its layers come in the same order. A layer's
// representation is made by all layers below it too: the more of them have moved, the less similar it is.
//
// Two tests ask what the layers themselves do. First, freezing: one layer after the other stops learning, from the first up or
// from the last down. Here freezing from the first up does harm. Is this the order, or one layer? The first layer is special: it
// alone sees the image, and it has half of all weights. So the controls freeze the first layer alone, early or after half of the
// training, and the blocks alone, from the first up. Second, the distance of each layer's weights from their initial values, as
// a share of their final distance. In a net with sigmoids, whose gradients vanish, the upper layers should move first; and the
// similarity should not notice.

/// A net whose blocks are `block`, and the paths of the layers that are compared: the first layer and the output of each block.
/// The last layer gives the logits, and is left out.
private struct Net: Sendable {
  let name, title: String
  var initializer = Initializer.heNormal
  var activation: @Sendable () -> Module = { ReLU() }
  /// The learning rate; nil for that of the settings.
  var learningRate: Double?
  /// The path of a block's output behind `blocks.3`.
  let output: String
  let block: @Sendable (Settings, Module, Linear) -> Module

  func adjust(_ settings: inout Settings) { settings.learningRate = learningRate ?? settings.learningRate }

  func make(_ settings: Settings) -> Module {
    DeepNet(settings, initializer: initializer, activation: activation) { block(settings, $0, $1) }
  }

  /// The paths of the layers' outputs, and of the layers themselves.
  func paths(_ settings: Settings) -> [(output: String, layer: String)] {
    [("stem", "stem")] + (0..<settings.depth - 2).map { ("blocks.\($0)\(output)", "blocks.\($0).1") }
  }
}

private let plain = Net(name: "plain", title: "x → W relu(x), He initialization", output: ".1") { Sequential($1, $2) }

// With skip connections each layer passes on its input and adds a little to it, so the representations of all layers are
// similar.
private let residual = Net(name: "residual", title: "x → x + α W relu(x), α = 1/√L", output: "") {
  Residual($1, $2, scale: 1 / Float($0.depth - 2).squareRoot())
}

// The slope of a sigmoid is at most 1/4, so in the backward pass the gradient shrinks from layer to layer; with these weights
// by so little that all layers learn within a thousand steps.
private let vanishing = Net(
  name: "vanishing", title: "x → W sigmoid(x), weights of variance 16/n",
  initializer: .normal(weightVariance: 16), activation: { Sigmoid() }, learningRate: 0.3, output: ".1"
) { Sequential($1, $2) }

@Sendable private func probes(_ context: TrialContext) throws -> ProbeSet {
  let similarity = SimilarityToFinal(on: try context.data().test.batch(at: 0..<200).inputs, observations: 100)
  return .standard.every(50) + ProbeSet(similarity, DistanceFromInitialization()).on(.logarithmic())
}

private func trained(_ net: Net) -> Variant {
  Variant(
    net.name, net.title, adjust: net.adjust, probes: probes,
    afterTraining: { try report($0, net, $1.run!, isTrained: true) }, net: net.make)
}

/// The same net, whose weights are moved in random directions: each as far as training moves it.
private func moved(_ net: Net) -> Variant {
  Variant("\(net.name)-random", "\(net.name), moved as far in random directions", adjust: net.adjust) { context in
    let settings = context.settings, seed = UInt64(context.seed), data = try context.data()
    let trained = net.make(settings), moved = net.make(settings)
    for model in [trained, moved] { model.initialize(seed: seed) }
    let optimizer = SGD(trained, learningRate: Float(settings.learningRate))
    let mover = RandomDirections(moved, asFarAs: trained, seed: seed)
    let recorder = try context.recorder(moved, mover, probes: probes(context))
    var losses: [Double] = []
    for batch in data.train.batches(of: settings.batch, seed: seed).prefix(settings.steps) {
      crossEntropy(trained(batch.inputs), batch.labels).backward()
      optimizer.step()
      let loss = crossEntropy(moved(batch.inputs), batch.labels)
      losses.append(Double(loss.value))
      loss.backward()
      mover.step()
      try recorder.step(loss: loss)
      context.reportProgress(Double(losses.count) / Double(settings.steps))
    }
    context.report(MetricNames.finalLoss, finalLoss(losses))
    try report(context, net, try recorder.finish(), isTrained: false)
  }
}

/// Moves each parameter in one random direction, as far from its initial value as another net's is from its own.
private final class RandomDirections: Optimizer {
  private let others: [String: Parameter]
  private let start: [String: Tensor], directions: [String: Tensor]

  init(_ model: Module, asFarAs other: Module, seed: UInt64) {
    others = Dictionary(uniqueKeysWithValues: other.parameters.map { ($0.path, $0.parameter) })
    start = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.path, $0.parameter.value.detached()) })
    directions = start.keys.reduce(into: [:]) { directions, path in
      var stream = RandomStream(seed: seed, name: "direction of \(path)")
      let shape = model.parameters.first { $0.path == path }!.parameter.shape
      let drawn = Tensor((0..<shape.elementCount).map { _ in Float(stream.normalPair().0) }, shape: shape)
      directions[path] = drawn / norm(drawn)
    }
    super.init(model, learningRate: 1)
  }

  override func update(_ step: ParameterUpdate) {
    let start = start[step.path]!
    step.weight = start + norm(others[step.path]!.value.detached() - start) * directions[step.path]!
  }
}

private func norm(_ tensor: Tensor) -> Float { tensor.rms * Float(tensor.elementCount).squareRoot() }

/// The same net, of which layers are frozen at times that are evenly spaced over the training: at each time the next one of
/// `order`, where nil is none. `order` gets the paths of all layers.
private func freezing(
  _ net: Net, _ name: String, _ title: String, order: @escaping @Sendable ([String]) -> [String?]
) -> Variant {
  Variant(
    "\(net.name)-\(name)", "\(net.name), \(title)", adjust: net.adjust,
    optimizer: { model, settings in
      let optimizer = SGD(model, learningRate: Float(settings.learningRate))
      let layers = net.paths(settings).map(\.layer), order = order(layers)
      optimizer.beforeStep { optimizer in
        let frozen = optimizer.stepCount * (layers.count + 1) / settings.steps
        for case let path? in order.prefix(frozen) {
          try! optimizer.group("\(path).*", isFrozen: true)
        }
      }
      return optimizer
    }, isRecorded: false, net: net.make)
}

@Sendable private func report(_ context: TrialContext, _ net: Net, _ run: Run, isTrained: Bool) throws {
  let paths = net.paths(context.settings)
  func curves(_ name: MeasureName, at paths: [String]) throws -> [[Measure]] {
    let measures = try run.measures(name)
    return paths.map { path in
      let site = run.sites.first { $0.path == path }!.id
      return measures.filter { $0.site == site }
    }
  }
  let similarities = try curves("similarity_to_final", at: paths.map(\.output))
  let distances = try curves(.distanceFromInitialization, at: paths.map(\.layer))
  let depths = paths.indices.map { Double($0 + 1) }
  let shares = distances.map { curve in curve.last { $0.step <= early }!.value / curve.last!.value }
  context.report(order, rankCorrelation(depths, similarities.map(lateness)))
  context.report("order at the start", rankCorrelation(depths, similarities.map { 1 - $0[0].value }))
  if isTrained {
    context.report(orderOfWeights, rankCorrelation(depths, shares.map { -$0 }))
    context.report(lead, shares.last! / shares[0])
    context.report("share", shares, over: depths)
  }
  context.report("steps", rows: [similarities[0].map { Double($0.step) + 1 }])
  context.report("similarities", rows: similarities.map { $0.map(\.value) })
}

private let order = "order of lateness", orderOfWeights = "order of the weights’ own movement",
  lead = "lead of the last layer"

/// The step after which it is compared how far layers have moved; steps count from 0.
private let early = 8

/// The mean distance 1 − similarity of a layer from its final representation over a logarithmic axis of steps: the area above
/// its curve.
private func lateness(_ curve: [Measure]) -> Double {
  zip(curve, curve.dropFirst()).reduce(0) { area, pair in
    let (from, to) = pair
    return area + (2 - from.value - to.value) / 2 * log(Double(to.step + 1) / Double(from.step + 1))
  }
}

private let trainedNets = [plain, residual, vanishing].map(trained)
private let (plainNet, residualNet, vanishingNet) = (trainedNets[0], trainedNets[1], trainedNets[2])
private let movedNets = [plain, residual].map(moved)

/// A net with frozen layers in five ways.
private struct Freezing: Sendable {
  let up, down, blocksUp, firstEarly, firstLate: Variant

  init(_ net: Net) {
    up = freezing(net, "up", "frozen from the first layer up") { $0 }
    down = freezing(net, "down", "frozen from the last layer down") { Array($0.reversed()) }
    blocksUp = freezing(net, "blocks-up", "as up, but the first layer is not frozen") {
      [nil] + $0.dropFirst().map(Optional.some)
    }
    firstEarly = freezing(net, "first-early", "only the first layer is frozen, when up freezes it") { [$0[0]] }
    firstLate = freezing(net, "first-late", "only the first layer is frozen, after half of the steps") { layers in
      [String?](repeating: nil, count: layers.count / 2) + [layers[0]]
    }
  }

  var variants: [Variant] { [up, down, blocksUp, firstEarly, firstLate] }
}

private let frozen = [plain, residual].map(Freezing.init)

/// The distance 1 − similarity over steps, one line per layer.
private func panel(_ results: Results, _ variant: Variant, _ colors: ColorScale) -> Panel {
  let steps = results.tables("steps", of: variant)[0][0], layers = results.tables("similarities", of: variant)[0]
  return Panel(
    title: variant.name, x: Axis(.log, "step (first = 1)"),
    y: Axis(.log, "1 − similarity to the final layer"),
    marks: layers.enumerated().map { layer, values in
      let fraction = colors.scale.fraction(of: Double(layer + 1)) ?? 0
      return LineMark(x: steps, y: values.map { 1 - $0 }, color: .fixed(colors.map.color(at: fraction)))
    })
}

private let raghu = "Raghu et al. 2017, arXiv:1706.05806"

private let scope = Claim.Scope("nets of 13 layers, trained for 500 steps or more") {
  $0.depth == 13 && $0.steps >= 500
}

private let freezingScope = Claim.Scope("nets of 13 layers, trained for 1000 steps or more") {
  $0.depth == 13 && $0.steps >= 1000
}

/// Two orders of twelve layers that differ by at most fourteen exchanges of neighbours, of the 66 that reverse an order, have
/// rank correlations that differ by at most about 0.1.
private func isNoStricter(_ net: Variant, than moved: Variant) -> Claim {
  Claim(
    .finding,
    "\(net.name): training puts the layers in no stricter order from the bottom up than random directions do (rank correlation, trained − random)",
    expected: .atMost(0.1), source: "control for \(raghu)", appliesTo: scope,
    rejects: [.value("no order in random directions") { try $0[order, net] }]
  ) { try $0[order, net] - $0[order, moved] }.judgedByInterval()
}

/// What counts as harm: a final loss that is higher by three standard errors of the difference between two means of twenty
/// batches, if these were different batches. Both nets see the same ones, so this is a margin, and not an error.
private let margin = "margin: three standard errors of two means of twenty batches"

private func isHarmful(_ statement: String, _ frozen: Variant, _ net: Variant, not nulls: [Variant]) -> Claim {
  Claim.endsHigher(
    "\(net.name): \(statement) (rise of the final loss, above the margin)", frozen, than: net, margin,
    appliesTo: freezingScope,
    rejects: nulls.map { .swapping(frozen, for: $0) }
  ).judgedByInterval()
}

private func isHarmless(
  _ statement: String, _ frozen: Variant, _ net: Variant, not null: Variant, _ source: String
) -> Claim {
  .endsEqual(
    "\(net.name): \(statement) changes the final loss by less than the margin", frozen, net,
    within: { $0.differenceTolerance }, "\(source); \(margin)", appliesTo: freezingScope,
    rejects: [.swapping(frozen, for: null)])
}

extension Experiment {
  /// A plain and a residual net, and how each of their layers converges; the same, moved in random directions, and with frozen
  /// layers: one after the other, or the first one alone; and a net whose gradients vanish.
  ///
  /// Measured, at steps that are evenly spaced on a logarithmic axis: the similarity of a layer's representation of 200 test
  /// images to its final representation. A layer's lateness is its mean distance from the final representation over these
  /// steps. An order is the rank correlation of lateness with the layer's number: 1 is strictly from the bottom up, −1 from
  /// the top down. Besides, how far each layer's weights are from their initial values after nine steps, as a share of where
  /// they end: the lead of the last layer is its share relative to that of the first.
  public static let layersFirst = Experiment(
    name: "layers-first",
    question: "Which layers learn first?",
    settings: [
      .depth(13), .width(64), .batch(64), .steps(1000, quick: 500), .seeds(3, quick: 1, full: 20), .learningRate(0.02),
    ],
    variants: trainedNets + movedNets + frozen.flatMap(\.variants),
    claims: zip(trainedNets, movedNets).map(isNoStricter)
      + zip([plainNet, residualNet], frozen).flatMap { net, frozen in
        [
          isHarmful(
            "freezing layers from the first up does harm, but not where the first layer is left out", frozen.up, net,
            not: [frozen.blocksUp]),
          isHarmful(
            "freezing the first layer alone, after 1/13 of the steps, does harm, but not after half of them",
            frozen.firstEarly, net, not: [frozen.firstLate]),
          isHarmless(
            "freezing the first layer alone after half of the steps", frozen.firstLate, net,
            not: frozen.firstEarly, raghu),
          isHarmless(
            "freezing the blocks from the first up", frozen.blocksUp, net, not: frozen.up, raghu),
          isHarmless(
            "freezing layers from the last down", frozen.down, net, not: frozen.up, "control for \(raghu)"),
        ]
      } + [
        // From the weights' own movement. With He initialization the first and the last layer's shares differ by less than 2.
        Claim(
          .finding,
          "vanishing: the upper layers move first: after nine steps the last layer has covered three times the first one’s share of its way, or more",
          vanishingNet, lead, .atLeast(3), source: "its gradient is multiplied by 0.63 per layer, measured",
          appliesTo: scope,
          rejects: [.swapping(vanishingNet, for: plainNet), .swapping(vanishingNet, for: residualNet)]),
        .learns(
          vanishingNet, "its gradients vanish slowly", appliesTo: scope,
          rejects: [.swapping(vanishingNet, for: movedNets[0])]),
        // Twelve layers in random order have a rank correlation of 0.503 or more with a probability of 5 %.
        Claim(
          .finding,
          "vanishing: by similarity the lower layers are first all the same (rank correlation)", vanishingNet, order,
          .atLeast(0.503), source: "0.503: critical value for twelve ranks at 5 % (Zar 1972)", appliesTo: scope,
          rejects: [.value("the order in which the weights themselves move") { try $0[orderOfWeights, vanishingNet] }]),
      ],
    figures: [
      ExperimentFigure("similarity", "1 − similarity of each layer to the final one over steps") {
        results in
        let colors = ColorScale(Scale(.linear, from: 1, to: Double(results.settings.depth - 1)), .viridis)
        return Figure(
          title: "How far each layer is from the final one · layers-first",
          subtitle:
            "1 − linear CKA on 200 test images, seed \(results.settings.firstSeed); one line per layer; “random”: moved as far, in random directions",
          panels: [plainNet, movedNets[0], residualNet, movedNets[1]].map { panel(results, $0, colors) }, columns: 2,
          colorBar: ColorBar(colors, title: "layer (1 = input)"),
          description:
            "1 − similarity of each layer to the final one over steps, in a plain and in a residual net, trained and moved at random.",
          size: Size(width: 1100, height: 900))
      },
      .curves(
        "movement", "How far the weights have moved after nine steps", of: "share",
        x: Axis(.integer, "layer", ends: ("input", "output")), y: Axis(.log, "share of the final distance")),
      .chart("convergence"),
      .finalLosses("Final losses with frozen layers", of: trainedNets + frozen.flatMap(\.variants)),
    ])
}
