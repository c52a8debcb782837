import NeuralNetworks
import RunFile

/// The parameters of a recording with their rows in the table `parameter`, in the model's order.
struct ParameterTable {
  private let model: Module?
  private let optimizers: [Optimizer]
  /// The rows as they are written: `isFrozen` is the state when the parameter was added.
  private var rows: [RecordedParameter] = []
  /// Whether each parameter is frozen now.
  private var frozen: [Bool] = []
  private var ids: [ObjectIdentifier: Int] = [:]
  /// The paths of the modules that hold the parameters, by id.
  private var holders: [String] = []
  private var parameters: [Parameter] = []
  private var pathCounts: [String: Int] = [:]
  private var newCount = 0
  /// `Optimizer.groupVersion` of each optimizer when frozen parameters were last compared.
  private var versions: [Int]

  /// The current parameters of a model.
  init(_ model: Module?, _ optimizers: [Optimizer]) {
    (self.model, self.optimizers) = (model, optimizers)
    versions = optimizers.map(\.groupVersion)
    addParameters()
  }

  /// Adds the model's parameters that are not in the table.
  mutating func addParameters() {
    for (path, module) in model?.modules ?? [] {
      for (name, parameter) in module.ownParameters where ids[ObjectIdentifier(parameter)] == nil {
        let id = rows.count, own = path.isEmpty ? name : "\(path).\(name)"
        pathCounts[own, default: 0] += 1
        let count = pathCounts[own]!
        ids[ObjectIdentifier(parameter)] = id
        holders.append(path)
        parameters.append(parameter)
        rows.append(
          RecordedParameter(
            // A parameter of a module that replaced another has the same path there.
            id: id, path: count == 1 ? own : "\(own) (\(count))", shape: Array(parameter.shape),
            optimizers: optimizers.indices.filter { optimizers[$0].holds(parameter) }))
        frozen.append(false)
        newCount += 1
      }
    }
  }

  /// The parameters by their ids, and whether an optimizer of the recorder holds them.
  var all: [(path: String, parameter: Parameter, isHeld: Bool)] {
    rows.indices.map { (rows[$0].path, parameters[$0], !rows[$0].optimizers.isEmpty) }
  }

  /// The paths of the parameters that several optimizers hold and not all of these have frozen.
  var shared: [String] {
    rows.indices.filter { rows[$0].optimizers.count > 1 && !isFrozen(parameters[$0]) }.map { rows[$0].path }
  }

  /// The `id` of a parameter, and the path of the module that holds it; nil if it is not in the model.
  func row(of parameter: Parameter) -> (id: Int, holder: String)? {
    ids[ObjectIdentifier(parameter)].map { ($0, holders[$0]) }
  }

  /// The rows to write, each with the site of its module: those added since the last call, and if there are new sites also those whose
  /// module had none before; nil if there are none.
  mutating func takeRows(_ sites: SiteTable, hasNewSites: Bool) -> [RecordedParameter]? {
    guard newCount > 0 || hasNewSites else { return nil }
    let firstNew = rows.count - newCount
    newCount = 0
    var taken: [RecordedParameter] = []
    for id in rows.indices where id >= firstNew || rows[id].site == nil {
      rows[id].site = sites.owner(of: parameters[id])?.layer.index
      if id >= firstNew {
        frozen[id] = isFrozen(parameters[id])
        rows[id].isFrozen = frozen[id]
      } else if rows[id].site == nil {
        continue
      }
      taken.append(rows[id])
    }
    return taken.isEmpty ? nil : taken
  }

  /// Whether each parameter is frozen, as of the last call of `takeChanges`.
  var areFrozen: [Bool] { frozen }

  /// Takes over the rows that an earlier recording wrote. Returns false if they are those of other parameters.
  mutating func restore(_ written: [RecordedParameter], areFrozen: [Bool]) -> Bool {
    // They are written with the first step.
    if written.isEmpty { return true }
    guard written.map(\.id) == Array(rows.indices), written.map(\.path) == rows.map(\.path),
      written.map(\.shape) == rows.map(\.shape), areFrozen.count == rows.count
    else { return false }
    (rows, frozen, newCount) = (written, areFrozen, 0)
    // Compares all in the next step.
    versions = versions.map { _ in -1 }
    return true
  }

  /// One sentence per parameter that was frozen or unfrozen since the last call.
  mutating func takeChanges() -> [String] {
    let now = optimizers.map(\.groupVersion)
    guard now != versions else { return [] }
    versions = now
    return rows.indices.compactMap { id in
      let isFrozen = isFrozen(parameters[id])
      guard isFrozen != frozen[id] else { return nil }
      frozen[id] = isFrozen
      return "\(rows[id].path) is \(isFrozen ? "frozen" : "trained") from this step on"
    }
  }

  private func isFrozen(_ parameter: Parameter) -> Bool {
    let holders = optimizers.filter { $0.holds(parameter) }
    return !holders.isEmpty && holders.allSatisfy { $0.isFrozen(parameter) }
  }
}
