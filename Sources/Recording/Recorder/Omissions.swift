import NeuralNetworks

extension Notices {
  /// Names what of a model is not in the first recorded step: modules with parameters that were not `called`, and parameters of
  /// called ones of which nothing is recorded. `isWatched` says whether probes look at a path, `hasNorms` whether they look at a
  /// layer's weight.
  func omissions(
    of model: Module, called: Set<ObjectIdentifier>, in sites: SiteTable, step: Int, isWatched: (String) -> Bool,
    hasNorms: (ProbedLayer) -> Bool
  ) {
    let watched = model.modules.filter { isWatched($0.path) }
    let present = watched.filter { called.contains(ObjectIdentifier($0.module)) }
    let absent = watched.filter { !called.contains(ObjectIdentifier($0.module)) && !$0.module.ownParameters.isEmpty }
    uncalled(absent.map(\.path), step: step)
    let held = Set(present.flatMap { $0.module.ownParameters.map { ObjectIdentifier($0.parameter) } })
    withoutSite(
      model.parameters.filter { held.contains(ObjectIdentifier($0.parameter)) && sites.owner(of: $0.parameter) == nil }
        .map(\.path))
    withoutNorms(
      model.parameters.filter { _, parameter in
        // Vectors and scalars are no layer's weight.
        guard let (layer, name) = sites.owner(of: parameter), parameter.shape.count > 1, name != layer.weightName else {
          return false
        }
        return hasNorms(layer)
      }.map(\.path))
  }
}
