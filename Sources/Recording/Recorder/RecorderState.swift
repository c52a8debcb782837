import Autodiff
import Foundation
import NeuralNetworks
import RunFile

/// What a recorder needs to go on, as a part of a training state.
struct RecorderState {
  /// What the run file holds.
  let position: RunPosition
  /// Since the recording began.
  let seconds: Double
  /// The names of the probes.
  let probes: [String]
  /// The keys of the warnings that were printed.
  let warnings: [String]
  /// Whether each parameter is frozen.
  let areFrozen: [Bool]
  let observer: SavedState
  let probeStates: SavedState

  private static let prefix = "recorder.", observerPrefix = "observer.", probePrefix = "probe."

  /// As entries of a training state.
  var saved: SavedState {
    func json(_ value: some Encodable) -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try! encoder.encode(value), as: UTF8.self)
    }
    var state = SavedState(), all = SavedState()
    state.texts = ["position": json(position), "probes": json(probes), "warnings": json(warnings)]
    state.numbers = ["seconds": [seconds], "frozen": areFrozen.map { $0 ? 1 : 0 }]
    state.add(observer, under: Self.observerPrefix)
    state.add(probeStates, under: Self.probePrefix)
    all.add(state, under: Self.prefix)
    return all
  }

  /// Reads a training state. Throws a `WeightsError` if it can't be read, or was saved without a recorder.
  init(in path: String) throws {
    let state = try TrainingState.others(in: path).part(under: Self.prefix)
    func problem(_ text: String) -> WeightsError { .differentTraining(path: path, problem: text) }
    func value<Value: Decodable>(_ name: String) throws -> Value {
      guard let text = state.texts[name] else {
        throw problem("it was saved without a recorder; give save(…, recorder:, to:) the recorder")
      }
      guard let value = try? JSONDecoder().decode(Value.self, from: Data(text.utf8)) else {
        throw problem("its entry “\(name)” of the recorder is damaged")
      }
      return value
    }
    position = try value("position")
    probes = try value("probes")
    warnings = try value("warnings")
    guard let seconds = state.numbers["seconds"]?.first, let frozen = state.numbers["frozen"] else {
      throw problem("the recorder's entries are not complete")
    }
    self.seconds = seconds
    areFrozen = frozen.map { $0 != 0 }
    observer = state.part(under: Self.observerPrefix)
    probeStates = state.part(under: Self.probePrefix)
  }

  init(
    position: RunPosition, seconds: Double, probes: [String], warnings: [String], areFrozen: [Bool],
    observer: SavedState, probeStates: SavedState
  ) {
    (self.position, self.seconds, self.probes, self.warnings) = (position, seconds, probes, warnings)
    (self.areFrozen, self.observer, self.probeStates) = (areFrozen, observer, probeStates)
  }
}

/// What a run file holds of a model up to a checkpoint.
struct RecordedModel {
  let parameters: ParameterTable
  let sites: SiteTable
  let steps: [StepRow]

  /// Reads the run file. Throws a `RunFileError` if it can't be read, or is the recording of another model.
  init(
    in path: String, at state: RecorderState, _ model: Module, _ optimizers: [Optimizer], _ probes: ProbeSet
  ) throws {
    let run = try Run(path: path), position = state.position, runner = ProbeRunner(probes)
    func refuse(_ reason: String) -> RunFileError { .cannotResume(path: path, reason: reason) }
    let bfloat16 = BFloat16Products.current.rawValue
    if let recorded = run.meta[.bfloat16Products], recorded != bfloat16 {
      throw refuse("its products of bfloat16 were \(recorded), and here they are \(bfloat16)")
    }
    var table = ParameterTable(model, optimizers), found = SiteTable()
    let written = run.parameters.filter { $0.id < position.parameter }.map { row in
      var row = row
      // It was found later.
      if let site = row.site, site >= position.site { row.site = nil }
      return row
    }
    guard table.restore(written, areFrozen: state.areFrozen) else {
      throw refuse("its parameters are not those of the model")
    }
    let modules = Dictionary(grouping: model.modules, by: \.path)
    for (id, site) in run.sites.filter({ $0.id < position.site }).enumerated() {
      let named = modules[site.module] ?? (site.module == model.kind ? modules[""] : nil) ?? []
      guard named.count <= 1 else { throw refuse("the model has \(named.count) modules at “\(site.module)”") }
      let module = site.kind == .tensor ? HookPoint() : named.first?.module
      guard let module, site.kind == .tensor || site.kind.rawValue == module.kind, site.id == id,
        let shape = Shape(exactly: site.shape)
      else { throw refuse("the model has no \(site.kind) of its shape at “\(site.module)”") }
      found.restore(site, module, shape, probes: runner.probes(at: module === model ? "" : site.module))
    }
    (parameters, sites) = (table, found)
    steps = run.steps.filter { $0.step < position.step }
    guard steps.map(\.step) == Array(steps.indices) else { throw refuse("steps are missing in it") }
  }
}

extension TrainingState {
  /// Writes the state of model, optimizer, loss scaler if there is one, and recorder to a file, from which `Recorder.init(resuming:)` goes on
  /// too. Call it between `recorder.step(loss:)` and the next forward pass; the program stops otherwise.
  ///
  /// Waits until all recorded rows are in the run file. An existing file is replaced only when the new one is complete. Throws a
  /// `WeightsError` if the file can't be written, and a `RunFileError` if the run file can't.
  public func save(
    _ model: Module, _ optimizer: Optimizer, _ scaler: LossScaler? = nil, recorder: Recorder, to path: String
  ) throws {
    try save(model, optimizer, scaler, recorder: recorder, with: SavedState(), to: path)
  }

  /// Writes also what others need.
  package func save(
    _ model: Module, _ optimizer: Optimizer, _ scaler: LossScaler?, recorder: Recorder?, with others: SavedState,
    to path: String
  ) throws {
    var all = try recorder?.state().saved ?? SavedState()
    all.add(others, under: "")
    try save(model, optimizer, scaler, with: all, to: path)
  }
}
