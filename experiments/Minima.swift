import ExperimentHarness
import Foundation
import Rheoscope

// Gradient descent only goes downhill, and the loss of a net has many minima. Why does training not end in a bad one? In a small net it
// does; in a larger one it does not.
//
// The task has a known answer: a teacher net with five hidden units makes the targets, and a net with as many hidden units or more learns
// them. It can reach a loss of 0, so a training that ends higher has failed. A net that always answers with the mean has a loss of 1. Each
// net is trained from several initializations, with all samples at each step and a learning rate that falls to 0, so that it converges.

/// As many hidden units as the teacher: 36 weights for 256 samples.
private let narrow = students("units-5", "5 hidden units, as many as the teacher has", width: TeacherTask.teacherUnits)

/// Perhaps training is only too short, or its learning rate is wrong.
private let narrowLong = students(
  "units-5-long", "5 hidden units, trained four times as long", width: TeacherTask.teacherUnits, measuresHessians: true
) { $0.steps *= 4 }
private let narrowSlow = students(
  "units-5-slow", "5 hidden units, a third of the learning rate", width: TeacherTask.teacherUnits
) {
  $0.learningRate /= 3
}
private let narrowFast = students(
  "units-5-fast", "5 hidden units, three times the learning rate", width: TeacherTask.teacherUnits
) {
  $0.learningRate *= 3
}

/// Twice as many: 71 weights, still far fewer than samples.
private let medium = students("units-10", "10 hidden units", width: 2 * TeacherTask.teacherUnits)

/// Eight times as many: 281 weights, more than samples.
private let wide = students("units-40", "40 hidden units", width: 8 * TeacherTask.teacherUnits)

/// The same with its hidden layer frozen. The loss is then a parabola in the other weights, which has no bad minimum; but a net without bad
/// minima is not yet a good one.
private let frozen = students(
  "units-40-frozen", "40 hidden units with random weights that are not trained", width: 8 * TeacherTask.teacherUnits,
  frozen: ["0.**"])

/// A net that has found the teacher ends far below 1 %; one that lacks one of its five units misses a fifth of the targets' variance, or
/// some hundredths where other units stand in.
private let solvedLoss = TeacherTask.solvedLoss

/// Eigenvalues have errors of about 10⁻⁶ of the largest one, from float32. A hundred times that counts as 0.
private let flat = 1e-4

// MARK: What is measured

private let failures = "share of failures", spread = "spread of final losses", finalLosses = "final losses"
private let startIndex = "index at the start", stuckIndex = "index where stuck", passingIndex = "index in passing"
private let stuckGradient = "gradient where stuck", passingGradient = "gradient in passing"
private let indexCorrelation = "index and loss at equal steps, rank correlation",
  shiftedCorrelation = "the same, loss of another training"
private let indexOverTime = "index and step, rank correlation", lossOverTime = "loss and step, rank correlation"
private let indexPoints = "index"

/// A net of this width, trained from several initializations; reports how they end and, where asked, what curvature they see on the way.
private func students(
  _ name: String, _ title: String, width: Int, measuresHessians: Bool = false, frozen: [String] = [],
  adjust: @escaping @Sendable (inout Settings) -> Void = { _ in }
) -> Variant {
  Variant(name, title, adjust: adjust) { context in
    let settings = context.settings, task = TeacherTask(seed: UInt64(context.seed))
    let model = TeacherTask.net(width: width), count = settings.whole("trainings")
    let students = try (0..<count).map { training in
      defer { context.reportProgress(Double(training + 1) / Double(count)) }
      model.initialize(seed: UInt64(context.seed) << 20 + UInt64(training))
      var path: [Point] = [], next = 0.0
      try task.train(model, settings, frozen: frozen) { step in
        guard measuresHessians, Double(step) >= next else { return }
        path.append(Point(task, model))
        next = max(Double(step) * 1.3, Double(step) + 1)
      }
      if measuresHessians { path.append(Point(task, model)) }
      return Student(loss: withoutGradients { Double(task.loss(of: model).value) }, path: path)
    }
    let losses = students.map(\.loss).sorted(), mean = losses.reduce(0, +) / Double(count)
    context.report(failures, Double(students.count { !$0.isSolved }) / Double(count))
    context.report(spread, (losses.reduce(0) { $0 + pow($1 - mean, 2) } / Double(count)).squareRoot())
    context.report(finalLosses, losses, over: losses.indices.map { Double($0 + 1) })
    if measuresHessians { reportCurvature(students, model, task, context) }
  }
}

/// A training: the final loss, and points on the way to it, the last at the end.
private struct Student {
  let loss: Double
  let path: [Point]
  var isSolved: Bool { loss <= solvedLoss }
}

// MARK: Minimum or saddle?

// At a minimum the gradient is 0, and the loss curves downward in no direction: no eigenvalue of the Hessian is negative. At a saddle some
// are. Their share is the index. Half of a random symmetric matrix's eigenvalues are negative, so that of 36 none is would be as rare as
// 36 coins that fall alike, or rarer.

/// The loss at some weights, with the size of its gradient and its index.
private struct Point {
  let loss, gradient, index: Double

  init(_ task: TeacherTask, _ model: Module) {
    let value = task.loss(of: model)
    let slopes = gradients(of: value, withRespectTo: model.parameters.map(\.parameter.value), keepingTape: true)
    let eigenvalues = Hessian(of: value, for: model).allEigenvalues()
    let limit = -flat * eigenvalues.reduce(0) { max($0, abs($1)) }
    loss = Double(value.value)
    gradient = slopes.reduce(0) { $0 + pow(Double($1.rms), 2) * Double($1.elementCount) }.squareRoot()
    index = Double(eigenvalues.count { $0 < limit }) / Double(eigenvalues.count)
  }
}

private func reportCurvature(_ students: [Student], _ model: Module, _ task: TeacherTask, _ context: TrialContext) {
  let stuck = students.filter { !$0.isSolved }, solved = students.filter(\.isSolved)
  func median(_ values: [Double]) -> Double? { MedianInterval(values)?.median }
  // The others pass the same loss on their way, where they are at no minimum.
  let passing = median(stuck.map(\.loss)).map { level in
    solved.map { $0.path.min { abs(log($0.loss / level)) < abs(log($1.loss / level)) }! }
  }
  let start = median(students.map { $0.path[0].gradient })!
  context.report(startIndex, median(students.map { $0.path[0].index }))
  context.report(stuckIndex, stuck.map { $0.path.last!.index }.max())
  context.report(passingIndex, passing.flatMap { median($0.map(\.index)) })
  context.report(stuckGradient, stuck.map { $0.path.last!.gradient / start }.max())
  context.report(passingGradient, passing.flatMap { median($0.map { $0.gradient / start }) })

  // Untrained weights of different sizes, a quarter to four times those at the start, have different losses too.
  let untrained = students.indices.map { training in
    model.initialize(seed: UInt64(context.seed) << 20 + UInt64(training))
    let factor = pow(4, 2 * Double(training) / Double(students.count - 1) - 1)
    for (_, parameter) in model.parameters { parameter.set((parameter.value * Float(factor)).detached()) }
    return Point(task, model)
  }
  // Both fall during training, so over all points they are correlated by that alone. At equal steps only trainings differ.
  let steps = students[0].path.indices
  let points = students.flatMap { student in steps.map { (step: Double($0), point: student.path[$0]) } }
  context.report(indexOverTime, rankCorrelation(points.map(\.step), points.map(\.point.index)))
  context.report(lossOverTime, rankCorrelation(points.map(\.step), points.map(\.point.loss)))
  for (name, shift) in [(indexCorrelation, 0), (shiftedCorrelation, 1)] {
    // Where no index differs, as at the end, there is no correlation.
    let correlations = steps.map { step in
      rankCorrelation(
        students.indices.map { students[($0 + shift) % students.count].path[step].loss },
        students.map { $0.path[step].index })
    }.filter(\.isFinite)
    context.report(name, correlations.isEmpty ? nil : correlations.reduce(0, +) / Double(correlations.count))
  }
  func rows(_ kind: Double, _ points: [Point]) -> [[Double]] { points.map { [kind, $0.loss, $0.index] } }
  context.report(
    indexPoints,
    rows: rows(0, untrained) + rows(1, solved.flatMap(\.path)) + rows(2, stuck.flatMap { $0.path.dropLast() })
      + rows(3, stuck.map { $0.path.last! }))
}

// MARK: The experiment

private let long = Claim.Scope("10 trainings or more of 1,000 steps or more") {
  $0.steps >= 1_000 && $0["trainings"] >= 10
}

private let stuckSource = "analogous to Safran and Shamir 2018, arXiv:1712.08968: 6 to 20 units with ReLU"

private let trainingFindings: [Claim] = [
  // Two trainings of twenty: fewer would be accidents.
  Claim(
    .finding, "units-5 gets stuck: a tenth of the trainings or more end at a loss above 1 % of guessing's", narrow,
    failures, .atLeast(0.1), source: stuckSource, appliesTo: long,
    rejects: [.swapping(narrow, for: medium), .swapping(narrow, for: wide)]),
  Claim(
    .finding, "units-5 gets stuck also in four times the steps (share of failures)", narrowLong, failures,
    .atLeast(0.1), source: stuckSource, appliesTo: long, rejects: [.swapping(narrowLong, for: medium)]),
  Claim(
    .finding, "units-5 gets stuck also at a third and at three times the learning rate (the smaller share of failures)",
    expected: .atLeast(0.1), source: stuckSource, appliesTo: long,
    rejects: [.swapping(narrowSlow, for: medium), .swapping(narrowFast, for: medium)]
  ) { min(try $0[failures, narrowSlow], try $0[failures, narrowFast]) },
  Claim(
    .finding, "units-10: no training ends at a loss above 1 % of guessing's", medium, failures, .exactly(0),
    source: stuckSource, appliesTo: long, rejects: [.swapping(medium, for: narrow)]),
  Claim(
    .finding, "units-40: no training ends at a loss above 1 % of guessing's", wide, failures, .exactly(0),
    source: stuckSource, appliesTo: long, rejects: [.swapping(wide, for: narrow)]),
  // A tenth of the spread no longer matters beside the loss.
  Claim(
    .finding,
    "final losses differ less between initializations in the wide net: their standard deviation, units-5 / units-40",
    expected: .atLeast(10), source: "Choromanska et al. 2015, arXiv:1412.0233", appliesTo: long,
    rejects: [.swapping(narrow, for: medium), .swapping(wide, for: narrow)]
  ) { try $0[spread, narrow] / $0[spread, wide] },
]

private let curvatureFindings: [Claim] = [
  Claim(
    .finding,
    "where units-5-long gets stuck its gradient is gone: at most 1 % of the one at the start (the largest)", narrowLong,
    stuckGradient, .atMost(0.01), source: stuckSource, appliesTo: long,
    rejects: [.value("the other trainings when they pass that loss") { try $0[passingGradient, narrowLong] }]),
  Claim(
    .finding,
    "where units-5-long gets stuck is a minimum: no eigenvalue of the Hessian is below −10⁻⁴ of the largest (the largest index)",
    narrowLong, stuckIndex, .exactly(0), source: stuckSource, appliesTo: long,
    rejects: [
      .value("the other trainings when they pass that loss") { try $0[passingIndex, narrowLong] },
      .value("before training") { try $0[startIndex, narrowLong] },
      .value("a random symmetric matrix") { _ in 0.5 },
    ]),
  // Halfway between no relation and a perfect one.
  Claim(
    .finding, "on the way of units-5-long the loss and the index both fall (the weaker rank correlation with the step)",
    expected: .atMost(-0.5), source: "measured here", appliesTo: long,
    rejects: [.value("an index that does not depend on the step") { _ in 0 }]
  ) { max(try $0[lossOverTime, narrowLong], try $0[indexOverTime, narrowLong]) },
  // Twenty trainings in random order have a rank correlation of 0.38 or more with a probability of 5 %.
  Claim(
    .finding,
    "at equal steps of units-5-long, trainings with a lower loss have a lower index (rank correlation, mean over steps)",
    narrowLong, indexCorrelation, .atLeast(0.38),
    source:
      "analogous to Dauphin et al. 2014, arXiv:1406.2572, for points without gradient; 0.38: critical value for twenty ranks at 5 % (Zar 1972)",
    appliesTo: long,
    rejects: [.value("the loss of another training") { try $0[shiftedCorrelation, narrowLong] }]
  ).tested(with: 20...39, "0.39, and within range in 12 of 20, so not shown"),
]

extension Experiment {
  /// Small nets that learn from a teacher net, each from many initializations. Measured: how many fail, the spread of their final losses,
  /// and the share of negative eigenvalues of the Hessian along training.
  public static let minima = Experiment(
    name: "minima",
    question: "Does training end in bad local minima?",
    settings: [
      .whole("trainings", 20, quick: 4, in: 2...1_000, "trainings per trial, from different initializations"),
      .steps(1_500, quick: 200), .seeds(3, quick: 1, full: 20), .learningRate(0.03),
    ],
    variants: [narrow, narrowLong, narrowSlow, narrowFast, medium, wide, frozen],
    claims: trainingFindings + curvatureFindings, figures: [finalLossFigure, indexFigure])
}

/// The final losses of all trainings, sorted within each seed.
private let finalLossFigure = ExperimentFigure(
  "final-losses", "The final losses of trainings from different initializations"
) {
  results in
  let lowest = 1e-8
  var panel = Panel(
    x: Axis(.categorical(results.variants.map(\.name)), ""), y: Axis(.log, "final loss"),
    marks: [RuleMark(.horizontal, at: solvedLoss)])
  for (index, variant) in results.variants.enumerated() {
    for losses in results.series(finalLosses, of: variant) {
      panel.marks.append(
        DotMark(
          x: losses.x.map { Double(index) + 0.7 * ($0 / Double(losses.x.count) - 0.5) },
          y: losses.y.map { max($0, lowest) }, color: .series(index), shape: .ofSeries(index), size: 5))
    }
  }
  return Figure(
    title: "Final losses from different initializations · minima",
    subtitle:
      "dots: trainings, sorted for each seed; guessing has a loss of 1; line: 1 % of that; losses below 10⁻⁸ are drawn there",
    panels: [panel],
    description: "Final losses of trainings: those of narrow nets in two groups, those of wide nets in one.")
}

/// The share of negative eigenvalues against the loss.
private let indexFigure = ExperimentFigure("index", "The share of negative eigenvalues of the Hessian against the loss")
{ results in
  var panel = Panel(
    x: Axis(.log, "loss"), y: Axis(.linear, "index: share of negative eigenvalues", includes: [0]),
    marks: [RuleMark(.horizontal, at: 0.5)])
  let points = results.tables(indexPoints, of: narrowLong).flatMap { $0 }
  let kinds = [
    "untrained, weights of different sizes", "trainings that succeed", "trainings that fail", "where these end",
  ]
  for (kind, label) in kinds.enumerated() {
    let shown = points.filter { $0[0] == Double(kind) && $0[1] > 1e-8 }
    panel.marks.append(
      DotMark(
        x: shown.map { $0[1] }, y: shown.map { $0[2] }, color: .series(kind), shape: .ofSeries(kind),
        size: kind == 3 ? 9 : 4))
    panel.legend.append(LegendEntry(label, color: .series(kind), sample: .dot(.ofSeries(kind))))
  }
  return Figure(
    title: "Negative eigenvalues of the Hessian against the loss · minima",
    subtitle:
      "dots: points on the way of units-5-long, all seeds; line: a random symmetric matrix; losses below 10⁻⁸ are left out",
    panels: [panel],
    description:
      "The loss and the index both fall along training, the index to 0 at the end, also where trainings fail.")
}
