import Autodiff
import NeuralNetworks
import RunFile
import Support

/// The probes of a recorder: decides which are active at a step, and calls them.
final class ProbeRunner {
  @exclusivity(unchecked) private var plans: [ProbeSet.Plan]
  private let filters: [PathPattern?]
  /// The schedules, each with the indices of the plans that share it, so that each is called once per step.
  private let schedules: [(includes: RecordingSchedule.Choice, plans: [Int])]
  /// For each probe the indices of earlier probes with the same name. If several are active at a layer, only the first runs.
  private let earlierOfSameName: [[Int]]
  private let hasDuplicates: Bool
  /// The probes that are active at the current step, and what they need.
  @exclusivity(unchecked) private var isActive: [Bool]
  @exclusivity(unchecked) private(set) var needs: ProbeNeeds = []

  init(_ probes: ProbeSet) {
    plans = probes.plans
    filters = probes.plans.map { $0.pattern.map { PathPattern($0) } }
    isActive = probes.plans.map { _ in false }
    let names = probes.plans.map(\.probe.about.name)
    earlierOfSameName = names.indices.map { index in (0..<index).filter { names[$0] == names[index] } }
    hasDuplicates = earlierOfSameName.contains { !$0.isEmpty }
    let rules = Dictionary(grouping: probes.plans.indices) { ObjectIdentifier(probes.plans[$0].schedule.rule) }
    schedules = rules.values.sorted { $0[0] < $1[0] }.map { (probes.plans[$0[0]].schedule.rule.begin(), $0) }
  }

  /// The names of the probes.
  var names: [String] { plans.map(\.probe.about.name) }

  /// What all probes need to go on.
  func save(_ layers: [ProbedLayer]) -> SavedState {
    var all = SavedState()
    for (index, plan) in plans.enumerated() {
      var state = SavedState()
      plan.probe.save(to: &state, layers)
      all.add(state, under: "\(index).")
    }
    return all
  }

  /// Goes on as after steps with these losses. Throws any error of a probe.
  func restore(from all: SavedState, _ layers: [ProbedLayer], losses: [Double?]) throws {
    for index in plans.indices { try plans[index].probe.restore(from: all.part(under: "\(index)."), layers) }
    // A schedule may depend on the losses before.
    for step in losses.indices { _ = begin(step, lastLoss: step == 0 ? nil : losses[step - 1]) }
  }

  /// The indices of the probes that observe a path.
  func probes(at path: String) -> [Int] { filters.indices.filter { filters[$0]?.matches(path) ?? true } }

  /// Whether any probe needs the model's inputs at some step.
  var needsInputs: Bool { plans.contains { !$0.probe.needs.isDisjoint(with: [.inputs, .samples]) } }

  /// Whether an active probe among these records the norms of weights.
  func recordsWeights(_ probes: [Int]) -> Bool {
    probes.contains { isActive[$0] && plans[$0].probe is WeightStatistics }
  }

  /// Sets which probes are active at a step. Returns false if none is.
  func begin(_ step: Int, lastLoss: Double?) -> Bool {
    needs = []
    for (includes, members) in schedules {
      let isIncluded = includes(step, lastLoss)
      for index in members {
        isActive[index] = isIncluded
        if isIncluded { needs.formUnion(plans[index].probe.needs) }
      }
    }
    return isActive.contains(true)
  }

  func observe(output: Tensor, of layer: ProbedLayer) {
    withoutTape {
      for index in layer.probes where isActive[index] && !(hasDuplicates && isDuplicate(index, at: layer)) {
        plans[index].probe.observe(output: output, of: layer, into: &layer.output)
      }
    }
  }

  func observe(gradient: Tensor, of layer: ProbedLayer) {
    withoutTape {
      for index in layer.probes where isActive[index] && !(hasDuplicates && isDuplicate(index, at: layer)) {
        plans[index].probe.observe(gradient: gradient, of: layer, into: &layer.output)
      }
    }
  }

  func observe(update: ParameterChange, of layer: ProbedLayer) {
    withoutTape {
      for index in layer.probes where isActive[index] && !(hasDuplicates && isDuplicate(index, at: layer)) {
        plans[index].probe.observe(update: update, of: layer, into: &layer.output)
      }
    }
  }

  /// Calls `stepDidEnd` of the active probes, each with the layers that it observes.
  func stepDidEnd(_ whole: ProbedStep, into results: inout ProbeOutput) throws {
    var step = whole
    for index in plans.indices where isActive[index] && !isDuplicate(index) {
      if filters[index] != nil || hasDuplicates {
        step.layers = whole.layers.filter { $0.probes.contains(index) && !isDuplicate(index, at: $0) }
        step.samples = whole.samples?.among(Set(step.layers.map(\.index)))
      }
      defer { (step.layers, step.samples) = (whole.layers, whole.samples) }
      try withPrecision(.float32) {
        try withGradients { try plans[index].probe.stepDidEnd(step, into: &results) }
      }
    }
  }

  /// Calls `finish` of all probes.
  func finish(_ report: FinalReport) throws {
    try withoutGradients { for index in plans.indices { try plans[index].probe.finish(report) } }
  }

  /// Whether an earlier active probe with the same name observes the layer, or the step if `layer` is nil.
  private func isDuplicate(_ index: Int, at layer: ProbedLayer? = nil) -> Bool {
    earlierOfSameName[index].contains { earlier in
      isActive[earlier]
        && (layer?.probes.contains(earlier) ?? [nil, plans[index].pattern].contains(plans[earlier].pattern))
    }
  }
}
