import Autodiff
import NeuralNetworks
import RunFile

/// Which row of a step belongs to which call of which module; sites are numbered in the order in which they first fire.
struct SiteTable {
  struct Place {
    let row: Int
    let path: String
    let saturation: ClosedRange<Float>?
  }

  private struct Key: Hashable {
    let module: ObjectIdentifier
    let callIndex: Int
  }

  private let model: Module
  private var places: [Key: Place] = [:]
  private var rowsOfWeights: [ObjectIdentifier: Int] = [:]
  private var new: [Site] = []
  private var depth = 0

  init(_ model: Module) { self.model = model }

  /// The sites that have been met since the last call, nil if none.
  mutating func takeNew() -> [Site]? {
    guard !new.isEmpty else { return nil }
    defer { new = [] }
    return new
  }

  func row(ofWeight parameter: Parameter) -> Int? { rowsOfWeights[ObjectIdentifier(parameter)] }

  mutating func place(of module: Module, callIndex: Int, path: String, shape: Shape) -> Place {
    let key = Key(module: ObjectIdentifier(module), callIndex: callIndex)
    if let known = places[key] { return known }
    // Depth counts layers with weights, so a slope over depth is a factor a layer whatever lies between.
    if callIndex == 0, module.ownParameters.contains(where: { $0.parameter.shape.count > 1 }) { depth += 1 }
    let named = (path.isEmpty ? module.kind : path) + (callIndex == 0 ? "" : "[\(callIndex)]")
    let place = Place(row: places.count, path: named, saturation: (module as? any Saturating)?.saturationLimits)
    places[key] = place
    if let weight = module.ownParameters.first(where: { $0.name == "weight" })?.parameter, callIndex == 0 {
      rowsOfWeights[ObjectIdentifier(weight)] = place.row
    }
    new.append(
      Site(
        id: place.row, path: named, kind: module.kind, depth: depth, shape: Array(shape),
        parameters: callIndex == 0 ? module.ownParameters.reduce(0) { $0 + $1.parameter.shape.elementCount } : 0))
    return place
  }
}
