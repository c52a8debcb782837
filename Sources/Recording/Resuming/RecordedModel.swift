import Autodiff
import NeuralNetworks
import RunFile

/// What a run file holds of a model up to a checkpoint.
struct RecordedModel {
  let parameters: ParameterTable
  let sites: SiteTable
  let steps: [StepRow]

  /// Reads the run file. Throws a `RunFileError` if it can't be read, or is the recording of another model.
  init(
    in path: String, at state: RecorderState, _ model: Module, _ optimizers: [Optimizer], _ probes: ProbeRunner
  ) throws {
    let run = try Run(path: path), position = state.position
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
      found.restore(site, module, shape, probes: probes.probes(at: module === model ? "" : site.module))
    }
    (parameters, sites) = (table, found)
    steps = run.steps.filter { $0.step < position.step }
    guard steps.map(\.step) == Array(steps.indices) else { throw refuse("steps are missing in it") }
  }
}
