import Autodiff
import NeuralNetworks
import RunFile

/// The layers of a recording: which call of which module is which row of the table `site`. They are numbered in the order in
/// which they are first met.
struct SiteTable {
  private(set) var layers: [ProbedLayer] = []
  private var new: [Site] = []
  private var observed: [String: ProbedLayer] = [:]
  private var owners: [ObjectIdentifier: (layer: ProbedLayer, name: String)] = [:]
  private var met: Set<ObjectIdentifier> = []
  private var depth = 0

  /// The sites that have been met since the last call, nil if none.
  mutating func takeNew() -> [Site]? {
    guard !new.isEmpty else { return nil }
    defer { new = [] }
    return new
  }

  /// The layer that holds a parameter itself, and the parameter's name there.
  func owner(of parameter: Parameter) -> (layer: ProbedLayer, name: String)? { owners[ObjectIdentifier(parameter)] }

  /// Takes in a call of a module. Parameters are the first call's.
  mutating func add(
    _ module: Module, callIndex: Int, path: String, shape: Shape, probes: [Int]
  ) -> ProbedLayer {
    let own = met.insert(ObjectIdentifier(module)).inserted ? module.ownParameters : []
    // Depth counts layers with weights, so a slope over depth is a factor a layer whatever lies between.
    if own.contains(where: { $0.parameter.shape.count > 1 }) { depth += 1 }
    let named = (path.isEmpty ? module.kind : path) + (callIndex == 0 ? "" : "[\(callIndex)]")
    let layer = add(
      module, callIndex, path: named, kind: module.kind, shape: shape,
      parameters: own.reduce(0) { $0 + $1.parameter.shape.elementCount }, probes: probes)
    // A shared parameter is the first layer's.
    for (name, parameter) in own where owners[ObjectIdentifier(parameter)] == nil {
      owners[ObjectIdentifier(parameter)] = (layer, name)
    }
    return layer
  }

  /// The layer of a tensor that is observed under a name; each name is one layer deeper than the one before.
  mutating func observed(_ name: String, shape: Shape, probes: () -> [Int]) -> ProbedLayer {
    if let known = observed[name] { return known }
    depth += 1
    let layer = add(HookPoint(), 0, path: name, kind: "Tensor", shape: shape, parameters: 0, probes: probes())
    observed[name] = layer
    return layer
  }

  private mutating func add(
    _ module: Module, _ callIndex: Int, path: String, kind: String, shape: Shape, parameters: Int, probes: [Int]
  ) -> ProbedLayer {
    let layer = ProbedLayer(
      index: layers.count, path: path, module: module, callIndex: callIndex, shape: shape, probes: probes)
    layers.append(layer)
    new.append(
      Site(id: layer.index, path: path, kind: kind, depth: depth, shape: Array(shape), parameters: parameters))
    return layer
  }
}
