import Diagnosis
import Foundation
import RunFile
import TestSupport

/// A made-up run of a plain net, whose rows and facts a test changes.
///
/// The net has `layers` pairs of a `Linear` and an activation, and a `Linear` at the end; a healthy one learns, with gradients of one size, updates
/// of 0.3 % of the norm per step, and ten balanced classes.
struct SyntheticRun {
  var layers = 5
  var activation: ModuleKind = .relu
  var width = 64
  var batch = 64
  var steps = 100
  var learningRate: (Int) -> Double? = { _ in 0.05 }
  /// What the recorder warned of.
  var warnings: [String] = []
  /// The loss of each step.
  var loss: (Int) -> Double = { 2.3026 * exp(-Double($0) / 20) + 0.1 }
  var row: (_ step: Int, _ site: Site, inout LayerRow) -> Void = { _, _, _ in }
  var weight: (_ step: Int, _ layer: Int, inout WeightRow) -> Void = { _, _, _ in }
  var parameter: (inout RecordedParameter) -> Void = { _ in }
  var site: (inout Site) -> Void = { _ in }
  var facts: [Fact] = []
  /// Whether it has the usual facts of a classification besides.
  var hasFacts = true
  /// The usual facts that it lacks.
  var without: Set<FactName> = []
  var meta: [MetaKey: String] = [:]
  var skipped: [Int] = []
  var scalars: [(step: Int, name: String, value: Double)] = []
  var measures: [(step: Int, site: Int?, name: MeasureName, value: Double)] = []
  /// The path of the `Linear` with this number; the outputs are `head`.
  static func path(_ layer: Int, of layers: Int) -> String { layer == layers ? "head" : "\(2 * layer)" }

  /// A run that stays at the loss of the best constant output.
  static var stuck: SyntheticRun {
    var run = SyntheticRun()
    run.loss = { 2.3026 + 0.01 * sin(Double($0) * 2.4) }
    return run
  }

  mutating func set(_ subject: Fact.Subject, _ name: FactName, _ value: Double) {
    set(subject, name, .number(value))
  }
  mutating func set(_ subject: Fact.Subject, _ name: FactName, text: String) { set(subject, name, .text(text)) }
  mutating func set(_ subject: Fact.Subject, _ name: FactName, json: String) { set(subject, name, .json(json)) }
  private mutating func set(_ subject: Fact.Subject, _ name: FactName, _ value: Fact.Value) {
    facts.append(Fact(step: 0, subject: subject, name: name, value: value))
  }

  /// A regression by the mean squared error, with targets of this mean and spread.
  mutating func regress(mean: Double = 0, std: Double = 1) {
    without = [.classCount, .classCounts, .majorityInBatch, .classesInBatch, .nearestMeanAccuracy, .nearestMeanSamples]
    set(.target, .minimum, mean - 2 * std)
    set(.loss, .minimum, -0.5)
    set(.target, .kind, text: "numbers")
    set(.target, .maximum, mean + 2 * std)
    set(.target, .mean, mean)
    set(.target, .std, std)
    set(.target, .variance, std * std)
    set(.loss, .function, text: "meanSquaredError")
    set(.loss, .shapes, json: "[[\(batch),1],[\(batch),1]]")
    set(.loss, .maximum, 0.5)
  }

  private var usualFacts: [Fact] {
    guard hasFacts else { return [] }
    var run = SyntheticRun()
    run.set(.input, .minimum, -2)
    run.set(.input, .maximum, 2)
    run.set(.input, .mean, 0)
    run.set(.input, .std, 1)
    run.set(.input, .nonfiniteCount, 0)
    run.set(.target, .kind, text: "classes")
    run.set(.target, .classCount, 10)
    run.set(
      .target, .classCounts,
      json: "[\([String](repeating: "\(max(steps, 1) * batch / 10)", count: 10).joined(separator: ","))]")
    run.set(.target, .majorityInBatch, 0.19)
    run.set(.target, .classesInBatch, 9.9)
    run.set(.target, .nearestMeanAccuracy, 0.68)
    run.set(.target, .nearestMeanSamples, 256)
    run.set(.loss, .function, text: "crossEntropy")
    run.set(.loss, .shapes, json: "[[\(batch),10],[\(batch)]]")
    run.set(.loss, .probabilityRows, 0)
    run.set(
      .model, .optimizers,
      json: #"[{"type":"SGD","learning_rate":0.05,"weight_decay":0,"momentum":0.9,"parameters":12}]"#)
    run.set(.model, .optimizerSteps, json: "[\(steps)]")
    for layer in 0...layers {
      run.set(.parameter(Self.path(layer, of: layers) + ".weight"), .valuesFrom, text: "initialized")
      run.set(.parameter(Self.path(layer, of: layers) + ".weight"), .fanIn, Double(width))
      run.set(.parameter(Self.path(layer, of: layers) + ".weight"), .equalUnits, 0)
    }
    return run.facts
  }

  /// Writes it and reads it back.
  func run(in folder: String) throws -> Run {
    let writer = try RunWriter(path: folder + "/run.rheo", meta: meta)
    var sites = (0...2 * layers).map { index in
      Site(
        id: index, module: index == 2 * layers ? "head" : "\(index)",
        kind: index.isMultiple(of: 2) ? .linear : activation,
        depth: index / 2 + 1, isLayer: index.isMultiple(of: 2), shape: [batch, index == 2 * layers ? 10 : width])
    }
    for index in sites.indices { site(&sites[index]) }
    try writer.define(sites: sites)
    var parameters = (0...layers).flatMap { layer in
      [("weight", [layer == layers ? 10 : width, width]), ("bias", [layer == layers ? 10 : width])].enumerated().map {
        index, part in
        RecordedParameter(
          id: 2 * layer + index, path: "\(Self.path(layer, of: layers)).\(part.0)", shape: part.1, site: 2 * layer)
      }
    }
    for index in parameters.indices { parameter(&parameters[index]) }
    try writer.define(parameters: parameters)
    let usual = usualFacts.filter { usual in
      !without.contains(usual.name) && !facts.contains { $0.subject == usual.subject && $0.name == usual.name }
    }
    for fact in usual + facts { try writer.fact(fact) }
    // He's initial weights: a variance of 2 / width.
    for step in 0..<steps {
      let rows = sites.map { site in
        var row = LayerRow(step: step, site: site.id)
        row[.activationRMS] = 1
        row[.activationMean] = 0
        row[.activationStd] = 1
        row[.activationMin] = -2
        row[.activationMax] = 2
        row[.gradientRMS] = 0.01
        row[.gradientMax] = 0.05
        row[.nonfiniteCount] = 0
        row[.gradientNonfiniteCount] = 0
        row[.zeroFraction] = site.kind == .relu ? 0.5 : 0
        if ["Sigmoid", "Tanh"].contains(site.kind.rawValue) { row[.saturatedFraction] = 0.05 }
        self.row(step, site, &row)
        return row
      }
      let weights = (0...layers).map { layer in
        let norm = (2.0 * (layer == layers ? 10 : Double(width))).squareRoot() * (1 + 1e-4 * Double(step))
        var row = WeightRow(
          step: step, parameter: 2 * layer, norm: norm, gradientNorm: 0.1, gradientMax: 0.01, updateNorm: 0.003 * norm)
        weight(step, layer, &row)
        return row
      }
      try writer.append(
        step: StepRow(step: step, loss: loss(step), learningRate: learningRate(step), seconds: Double(step)),
        layers: rows,
        weights: weights)
    }
    for text in warnings { try writer.event(step: 0, kind: .warning, text: text) }
    for step in skipped { try writer.event(step: step, kind: .skipped, text: "") }
    for scalar in scalars { try writer.scalar(step: scalar.step, name: scalar.name, value: scalar.value) }
    for measure in measures {
      try writer.measure(step: measure.step, site: measure.site, name: measure.name, value: measure.value)
    }
    return try writer.finish()
  }

  /// The findings in it.
  func findings() throws -> [Finding] {
    try withTemporaryFolder { folder in diagnose(try run(in: folder)) }
  }

  /// The rules that could not examine it.
  func skippedChecks() throws -> [SkippedCheck] {
    try withTemporaryFolder { folder in try Diagnosis.skippedChecks(in: run(in: folder)) }
  }
}
