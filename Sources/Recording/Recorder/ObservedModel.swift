import NeuralNetworks

/// The modules of a model that a recorder observes.
final class ObservedModel {
  private let model: Module
  private let probes: (_ path: String) -> [Int]
  private let recorder: WeakRecorder
  private var observations: [ModuleObservation] = []
  /// How often `wereModulesReplaced` was called since modules were last replaced.
  var absences = 0
  /// The layers of modules that a resumed recording knows, until they are observed.
  private var restored: [ObjectIdentifier: ObservedModule.Calls] = [:]

  /// Observes the modules whose paths have probes, for `recorder`.
  init(_ model: Module, _ probes: @escaping (_ path: String) -> [Int], _ recorder: WeakRecorder) {
    (self.model, self.probes, self.recorder) = (model, probes, recorder)
  }

  /// Adds a layer of an earlier recording. Call it before `attach`.
  func restore(_ layer: ProbedLayer) {
    restored[ObjectIdentifier(layer.module), default: ObservedModule.Calls()][layer.callIndex] = layer
  }

  /// Adds the hooks. Returns the paths of modules that replaced others since the last call.
  func attach() -> [String] {
    defer { for observation in observations { observation.attach() } }
    let present = present
    guard !areObserved(present) else { return [] }
    let known = Dictionary(uniqueKeysWithValues: observations.map { (ObjectIdentifier($0.module), $0) })
    observations = present.map { path, module in
      known[ObjectIdentifier(module)]
        ?? ModuleObservation(
          module,
          ObservedModule(
            module, path, probes(path), restored.removeValue(forKey: ObjectIdentifier(module)) ?? .init(), recorder))
    }
    return known.isEmpty ? [] : present.filter { known[ObjectIdentifier($0.module)] == nil }.map(\.path)
  }

  /// Removes the hooks.
  func detach() { for observation in observations { observation.detach() } }

  /// Whether modules were replaced. Called where an observed module was not called in a step, or `hasUncheckedAbsence`.
  ///
  /// The cause may only be a branch that is not taken, and reading the model's modules is slow, so this reads them at the 1st, 2nd,
  /// 4th, 8th, … call since modules were last replaced.
  func wereModulesReplaced() -> Bool {
    absences += 1
    guard !hasUncheckedAbsence else { return false }
    model.refreshReflection()
    guard !areObserved(present) else { return false }
    absences = 0
    return true
  }

  /// Whether an observed module was not called, and the model's modules have not been read since.
  var hasUncheckedAbsence: Bool { absences & (absences - 1) != 0 }

  private var present: [(path: String, module: Module)] { model.modules.filter { !probes($0.path).isEmpty } }

  private func areObserved(_ modules: [(path: String, module: Module)]) -> Bool {
    modules.elementsEqual(observations) { $0.module === $1.module }
  }
}
