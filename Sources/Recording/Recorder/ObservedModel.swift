import NeuralNetworks

/// The modules of a model as a recorder watches them.
final class WatchedModel {
  private let model: Module
  private let probes: (_ path: String) -> [Int]
  private let recorder: WeakRecorder
  private var watches: [ModuleObservation] = []
  private var absences = 0

  /// Of modules whose paths any probes look at; `recorder` is whom they report to.
  init(_ model: Module, _ probes: @escaping (_ path: String) -> [Int], _ recorder: WeakRecorder) {
    (self.model, self.probes, self.recorder) = (model, probes, recorder)
  }

  /// Begins to watch. Returns the paths of modules that have taken the place of others since that was last done.
  func attach() -> [String] {
    defer { for watch in watches { watch.attach() } }
    let present = present
    guard !areWatched(present) else { return [] }
    let known = Dictionary(uniqueKeysWithValues: watches.map { (ObjectIdentifier($0.module), $0) })
    watches = present.map { path, module in
      known[ObjectIdentifier(module)] ?? ModuleObservation(module, WatchedModule(module, path, probes(path), recorder))
    }
    return known.isEmpty ? [] : present.filter { known[ObjectIdentifier($0.module)] == nil }.map(\.path)
  }

  /// Watches no longer.
  func detach() { for watch in watches { watch.detach() } }

  /// Whether other modules are now in the places of watched ones, asked where one is no longer called, or `isUnsure`. That may only
  /// be a branch which is not taken, so it takes a look at the model, which costs, at the 1st, 2nd, 4th, 8th … time since others
  /// were found.
  func hasOtherParts() -> Bool {
    absences += 1
    guard !isUnsure else { return false }
    model.refreshReflection()
    guard !areWatched(present) else { return false }
    absences = 0
    return true
  }

  /// Whether a watched module was missing and the model has not been looked at since.
  var isUnsure: Bool { absences & (absences - 1) != 0 }

  private var present: [(path: String, module: Module)] { model.modules.filter { !probes($0.path).isEmpty } }

  private func areWatched(_ modules: [(path: String, module: Module)]) -> Bool {
    modules.elementsEqual(watches) { $0.module === $1.module }
  }
}
