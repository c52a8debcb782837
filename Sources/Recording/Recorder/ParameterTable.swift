import NeuralNetworks
import RunFile

/// The parameters of a recording with their rows in the table `parameter`, in the model's order.
struct ParameterTable {
  private let model: Module?
  private let optimizers: [Optimizer]
  private var rows: [RecordedParameter] = []
  private var ids: [ObjectIdentifier: Int] = [:]
  /// The paths of the modules that hold the parameters, by id.
  private var holders: [String] = []
  private var parameters: [Parameter] = []
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
        let id = rows.count
        ids[ObjectIdentifier(parameter)] = id
        holders.append(path)
        parameters.append(parameter)
        rows.append(
          RecordedParameter(
            id: id, path: path.isEmpty ? name : "\(path).\(name)", shape: Array(parameter.shape),
            optimizers: optimizers.indices.filter { optimizers[$0].holds(parameter) },
            isFrozen: isFrozen(parameter)))
        newCount += 1
      }
    }
  }

  /// The `id` of a parameter, and the path of the module that holds it; nil if it is not in the model.
  func row(of parameter: Parameter) -> (id: Int, holder: String)? {
    ids[ObjectIdentifier(parameter)].map { ($0, holders[$0]) }
  }

  /// The rows added since the last call, each with the site of its module; nil if there are none.
  mutating func takeNew(_ sites: SiteTable) -> [RecordedParameter]? {
    guard newCount > 0 else { return nil }
    let first = rows.count - newCount
    newCount = 0
    for id in first..<rows.count { rows[id].site = sites.owner(of: parameters[id])?.layer.index }
    return Array(rows[first...])
  }

  /// One sentence per parameter that was frozen or unfrozen since the last call.
  mutating func takeChanges() -> [String] {
    let now = optimizers.map(\.groupVersion)
    guard now != versions else { return [] }
    versions = now
    return rows.indices.compactMap { id in
      let isFrozen = isFrozen(parameters[id])
      guard isFrozen != rows[id].isFrozen else { return nil }
      rows[id].isFrozen = isFrozen
      return "\(rows[id].path) is \(isFrozen ? "frozen" : "trained") from this step on"
    }
  }

  private func isFrozen(_ parameter: Parameter) -> Bool {
    !optimizers.contains { $0.holds(parameter) && !$0.isFrozen(parameter) }
  }
}
