import Autodiff
import NeuralNetworks
import RunFile

/// The sites of a recording with their rows in the table `site`: one per call of a module, in the order of first calls.
struct SiteTable {
  private(set) var layers: [ProbedLayer] = []
  private var new: [Site] = []
  private var observed: [String: ProbedLayer] = [:]
  private var owners: [ObjectIdentifier: (layer: ProbedLayer, name: String)] = [:]
  private var known: Set<ObjectIdentifier> = []

  /// The sites added since the last call; nil if there are none.
  mutating func takeNew() -> [Site]? {
    guard !new.isEmpty else { return nil }
    defer { new = [] }
    return new
  }

  /// The first site of the module that holds a parameter itself, and the parameter's name there.
  func owner(of parameter: Parameter) -> (layer: ProbedLayer, name: String)? { owners[ObjectIdentifier(parameter)] }

  /// Adds a call of a module. The module's parameters belong to its first call.
  mutating func add(
    _ module: Module, callIndex: Int, path: String, depth: Int, isLayer: Bool, shape: Shape, probes: [Int]
  ) -> ProbedLayer {
    let layer = add(
      Site(
        id: layers.count, module: path.isEmpty ? module.kind : path, call: callIndex,
        kind: ModuleKind(rawValue: module.kind), depth: isLayer ? max(depth, 1) : depth,
        isLayer: isLayer, shape: Array(shape)), module, shape, probes)
    addParameters(of: module, layer)
    return layer
  }

  /// Adds a site that an earlier recording found and wrote.
  mutating func restore(_ site: Site, _ module: Module, _ shape: Shape, probes: [Int]) {
    let layer = add(site, module, shape, probes)
    new = []
    if site.kind == .tensor { observed[site.module] = layer } else { addParameters(of: module, layer) }
  }

  private mutating func addParameters(of module: Module, _ layer: ProbedLayer) {
    // A shared parameter belongs to the first module that is called.
    if known.insert(ObjectIdentifier(module)).inserted {
      for (name, parameter) in module.ownParameters where owners[ObjectIdentifier(parameter)] == nil {
        owners[ObjectIdentifier(parameter)] = (layer, name)
      }
    }
  }

  /// The site of a tensor that is observed under a name. With a model, `depth` is the tensor's, and the site is no layer. Without a model
  /// `depth` is nil; the site is then a layer, and the n-th name has depth n.
  mutating func observed(_ name: String, depth: Int?, shape: Shape, probes: () -> [Int]) -> ProbedLayer {
    if let layer = observed[name] { return layer }
    let layer = add(
      Site(
        id: layers.count, module: name, kind: .tensor, depth: depth ?? observed.count + 1, isLayer: depth == nil,
        shape: Array(shape)), HookPoint(), shape, probes())
    observed[name] = layer
    return layer
  }

  private mutating func add(_ site: Site, _ module: Module, _ shape: Shape, _ probes: [Int]) -> ProbedLayer {
    let layer = ProbedLayer(
      index: site.id, path: site.path, module: module, callIndex: site.call, shape: shape, probes: probes)
    layers.append(layer)
    new.append(site)
    return layer
  }
}
