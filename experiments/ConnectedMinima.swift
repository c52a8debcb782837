import ExperimentHarness
import Foundation
import Rheoscope

// A net trained twice, from two initializations, ends at two different points of weight space, both of low loss. The straight line between
// them crosses a barrier. Are they two valleys? In a wide net a curve leads around most of it (Garipov et al. 2018), so they are one; and
// most of the barrier comes only from the order of the hidden units, which differs (Entezari et al. 2021).
//
// The task is that of `minima`: targets from a teacher net with five hidden units. The control is a net with as many units as the teacher.
// It has found the teacher itself, up to the order of units. Such solutions are isolated points, and a curve between two has a barrier.

private let narrow = pair("units-5", "5 hidden units, as many as the teacher has", width: TeacherTask.teacherUnits)
private let medium = pair("units-10", "10 hidden units", width: 2 * TeacherTask.teacherUnits)
private let wide = pair("units-40", "40 hidden units", width: 8 * TeacherTask.teacherUnits)

/// A barrier above 1 % of the loss of guessing counts: above it a net has not found the teacher.
private let solvedLoss = TeacherTask.solvedLoss

// MARK: What is measured

private let straight = "barrier, straight", matched = "barrier, same order", curved = "barrier, curve", plane = "plane",
  tried = "trainings"

/// Trains a net of this width from one initialization after the other until two have found the teacher; a narrow net often does not.
private func pair(_ name: String, _ title: String, width: Int) -> Variant {
  Variant(name, title) { context in
    let task = TeacherTask(seed: UInt64(context.seed)), model = TeacherTask.net(width: width)
    var solutions: [Weights] = [], training = 0
    while solutions.count < 2, training < context.settings.whole("trainings") {
      model.initialize(seed: UInt64(context.seed) << 20 + UInt64(training))
      try task.train(model, context.settings)
      let weights = Weights(of: model)
      if weights.loss(task, model) <= solvedLoss { solutions.append(weights) }
      training += 1
    }
    context.report(tried, Double(training))
    if solutions.count == 2 {
      connect(solutions[0], solutions[1], width, task, context)
    } else {
      for name in [straight, matched, curved] { context.report(name, nil) }
    }
  }
}

/// A point in the space of a net's weights: a tensor per parameter.
private struct Weights {
  let tensors: [Tensor]

  init(_ tensors: [Tensor]) { self.tensors = tensors }
  init(of model: Module) { tensors = model.parameters.map { $0.parameter.value.detached() } }

  func set(in model: Module) {
    for (parameter, value) in zip(model.parameters, tensors) { parameter.parameter.set(value) }
  }

  func loss(_ task: TeacherTask, _ model: Module) -> Double {
    set(in: model)
    return withoutGradients { Double(task.loss(of: model).value) }
  }

  static func + (a: Weights, b: Weights) -> Weights { Weights(zip(a.tensors, b.tensors).map { $0 + $1 }) }
  static func - (a: Weights, b: Weights) -> Weights { a + -1 * b }
  static func * (factor: Double, a: Weights) -> Weights { Weights(a.tensors.map { $0 * Float(factor) }) }
  func dot(_ other: Weights) -> Double {
    zip(tensors, other.tensors).reduce(0) { $0 + Double(($1.0 * $1.1).sum().value) }
  }
}

/// Three paths between two nets: the straight line; the straight line after the units of one are put in the order of the other's,
/// since the order of hidden units does not matter; and a curve, the Bézier curve whose control point is trained so that the loss on it
/// is low (Garipov et al. 2018).
private func connect(_ a: Weights, _ b: Weights, _ width: Int, _ task: TeacherTask, _ context: TrialContext) {
  let model = TeacherTask.net(width: width), middle = 0.5 * (a + b)
  model.initialize(seed: 0)
  let control = controlPoint(a, b, width, task, context)
  let positions = (0...40).map { Double($0) / 40 }
  func losses(_ control: Weights, to b: Weights) -> [Double] {
    positions.map { bezier(a, control, b, at: $0).loss(task, model) }
  }
  let reordered = b.matched(to: a)
  for (name, losses) in [
    (straight, losses(middle, to: b)), (matched, losses(0.5 * (a + reordered), to: reordered)),
    (curved, losses(control, to: b)),
  ] {
    context.report(name, losses.max()! - max(losses.first!, losses.last!))
    context.report(name, losses, over: positions)
  }

  // The plane through both nets and the control point: x leads from one net to the other, and y from that line to the control point.
  let line = b - a, along = (control - a).dot(line) / line.dot(line), across = control - a - along * line
  context.report(
    plane,
    rows: [[along]] + places.map { y in places.map { x in (a + x * line + y * across).loss(task, model) } })
}

/// The positions in the plane at which the loss is measured.
private let places = (0...30).map { -0.25 + 1.5 * Double($0) / 30 }

private func bezier(_ a: Weights, _ control: Weights, _ b: Weights, at t: Double) -> Weights {
  pow(1 - t, 2) * a + (2 * t * (1 - t)) * control + (t * t) * b
}

/// The control point, trained from the middle of the straight line by the gradient of the loss at random points of the curve: dL/d(control)
/// is 2 t (1 − t) times the gradient at t.
private func controlPoint(_ a: Weights, _ b: Weights, _ width: Int, _ task: TeacherTask, _ context: TrialContext)
  -> Weights
{
  let model = TeacherTask.net(width: width), control = TeacherTask.net(width: width)
  for net in [model, control] { net.initialize(seed: 0) }
  (0.5 * (a + b)).set(in: control)
  let steps = context.settings.whole("curve-steps")
  let optimizer = Adam(control, learningRate: Float(context.settings.learningRate))
  optimizer.schedule = .cosine(over: steps)
  var random = RandomStream(seed: UInt64(context.seed), name: "curve")
  for _ in 0..<steps {
    for part in 0..<4 {
      let t = (Double(part) + random.uniform()) / 4
      bezier(a, Weights(of: control), b, at: t).set(in: model)
      (task.loss(of: model) * Float(2 * t * (1 - t) / 4)).backward()
    }
    for (point, onCurve) in zip(control.parameters, model.parameters) {
      point.parameter.gradient = onCurve.parameter.gradient
    }
    model.zeroGradients()
    optimizer.step()
  }
  return Weights(of: control)
}

extension Weights {
  /// The same net with its hidden units in another order: each stands where the most similar unit of the other net does, pairs of similar
  /// units first.
  fileprivate func matched(to other: Weights) -> Weights {
    let mine = units, theirs = other.units
    let pairs = theirs.indices.flatMap { place in
      mine.indices.map { unit in
        (place, unit, distance: zip(theirs[place], mine[unit]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) })
      }
    }
    var order = [Int?](repeating: nil, count: mine.count), isTaken = [Bool](repeating: false, count: mine.count)
    for (place, unit, _) in pairs.sorted(by: { $0.distance < $1.distance }) where order[place] == nil && !isTaken[unit]
    {
      (order[place], isTaken[unit]) = (unit, true)
    }
    let units = order.map { mine[$0!] }
    return Weights([
      Tensor(units.flatMap { $0.prefix(TeacherTask.features) }, shape: tensors[0].shape),
      Tensor(units.map { $0[TeacherTask.features] }, shape: tensors[1].shape),
      Tensor(units.map { $0[TeacherTask.features + 1] }, shape: tensors[2].shape), tensors[3],
    ])
  }

  /// The weights of each hidden unit: those of its inputs, its bias, and that of its output.
  private var units: [[Float]] {
    let (inward, bias, outward) = (tensors[0].values, tensors[1].values, tensors[2].values)
    return bias.indices.map {
      inward[$0 * TeacherTask.features..<($0 + 1) * TeacherTask.features] + [bias[$0], outward[$0]]
    }
  }
}

// MARK: The experiment

private let long = Claim.Scope("trainings of 1,000 steps or more") { $0.steps >= 1_000 }

private let curveSource = "Garipov et al. 2018, arXiv:1802.10026",
  orderSource = "Entezari et al. 2021, arXiv:2110.06296"

private let findings: [Claim] = [
  Claim(
    .finding, "units-40: the straight line between two solutions has a barrier above 1 % of guessing's loss", wide,
    straight, .atLeast(solvedLoss), source: curveSource, appliesTo: long,
    rejects: [.value("the curve") { try $0[curved, wide] }]),
  Claim(
    .finding, "units-40: on a trained curve between them the barrier is below 1 % of guessing's loss", wide, curved,
    .atMost(solvedLoss), source: curveSource, appliesTo: long,
    rejects: [.value("the straight line") { try $0[straight, wide] }, .swapping(wide, for: narrow)]),
  Claim(
    .finding, "units-5: on a trained curve between two solutions it is above that", narrow, curved,
    .atLeast(solvedLoss),
    source: "with as many units as the teacher has, solutions are isolated points", appliesTo: long,
    rejects: [.swapping(narrow, for: wide)]),
  Claim(
    .finding,
    "units-5: in the same order of units the barrier is below 1 % of guessing's loss: the two solutions are the same net",
    narrow, matched, .atMost(solvedLoss), source: orderSource, appliesTo: long,
    rejects: [.value("their own order of units") { try $0[straight, narrow] }]),
  // Finding the best order is a search that may end at a worse one, so single pairs may be exceptions.
  Claim(
    .finding, "units-40: in the same order of units a tenth of the straight line's barrier is left, or less (median)",
    expected: .atMost(0.1), source: orderSource, appliesTo: long,
    rejects: [.value("their own order of units") { _ in 1 }]
  ) { try $0[matched, wide] / $0[straight, wide] }.judgedByInterval(),
]

extension Experiment {
  /// Nets of three widths that learn from a teacher net, each trained twice. Measured: the loss on three paths between the two solutions,
  /// and in the plane of the solutions and the curve.
  public static let connectedMinima = Experiment(
    name: "connected-minima",
    question: "Is there a barrier between two minima?",
    settings: [
      .whole("trainings", 40, quick: 4, in: 2...1_000, "trainings until two nets have found the teacher, at most"),
      .steps(1_500, quick: 400),
      .whole("curve-steps", 600, quick: 100, in: 1...1_000_000, "training steps of the curve between two solutions"),
      .seeds(6, quick: 1, full: 20), .learningRate(0.03),
    ],
    variants: [narrow, medium, wide], claims: findings,
    figures: [pathFigure, planeFigure("plane-wide", wide), planeFigure("plane-narrow", narrow)])
}

/// The loss on the paths, of nets of three widths.
private let pathFigure = ExperimentFigure("paths", "The loss on three paths between two solutions") { results in
  let names = [(straight, "straight"), (matched, "straight, same order of units"), (curved, "trained curve")]
  let panels = [narrow, medium, wide].map { variant in
    var panel = Panel(
      title: variant.name, x: Axis(.linear, "position on the path"), y: Axis(.log, "loss (guessing: 1)"),
      marks: [RuleMark(.horizontal, at: solvedLoss)])
    panel.y.range = 1e-6...3
    for (index, (name, label)) in names.enumerated() {
      for path in results.series(name, of: variant) {
        let losses = path.y.map { max($0, 1e-6) }
        panel.marks.append(LineMark(x: path.x, y: losses, color: .series(index), dash: Stroke.dash(ofSeries: index)))
      }
      panel.legend.append(
        LegendEntry(label, color: .series(index), sample: .line(Stroke.dash(ofSeries: index), width: 2)))
    }
    return panel
  }
  return Figure(
    title: "The loss between two solutions · connected-minima",
    subtitle: "one line per seed; horizontal: 1 % of guessing’s loss; losses below 10⁻⁶ are drawn there",
    panels: panels,
    columns: 3, sharesAxes: true,
    description: "The loss on straight lines and curves between two solutions, of nets of three widths.")
}

/// The loss in the plane of two solutions and the curve between them, of the first seed that has one.
private func planeFigure(_ name: String, _ variant: Variant) -> ExperimentFigure {
  .map(
    name, "The loss in the plane of two solutions of \(variant.name)", "solutions at (0, 0) and (1, 0)",
    x: Axis(.linear, "distance along the line between them"),
    y: Axis(.linear, "distance across, the curve’s control point = 1"), colorTitle: "loss",
    colors: ColorScale(Scale(.log, from: 1e-4, to: 10), .viridis)
  ) { results in
    guard let table = results.tables(plane, of: variant).first else {
      return CellGrid(columns: places, rows: places) { _, _ in .nan }
    }
    let along = table[0][0]
    let t = (0...40).map { Double($0) / 40 }
    return CellGrid(
      columns: places, rows: places,
      lines: [
        .init("lines: the straight line and the trained curve", x: [0, 1], y: [0, 0]),
        .init("", x: t.map { 2 * $0 * (1 - $0) * along + $0 * $0 }, y: t.map { 2 * $0 * (1 - $0) }),
      ]
    ) { x, y in table[1 + places.firstIndex(of: y)!][places.firstIndex(of: x)!] }
  }
}
