import RunFile
import Testing

/// A value of a run by the name in the reference files: a column of `layer` of a site, or a column of `weight` of the site's weight.
func recordedValue(_ run: Run, _ name: String, at path: String, _ step: Int) throws -> Double {
  let weights: [String: WeightQuantity] = [
    "weight_norm": .norm, "weight_gradient_norm": .gradientNorm, "weight_gradient_max": .gradientMax,
    "update_norm": .updateNorm,
  ]
  if let quantity = weights[name] {
    let matrix = try run.weights(quantity)
    let site = try #require(run.sites.first { $0.path == path }, "\(path)").id
    let row = try #require(matrix.parameters.firstIndex { $0.site == site }, "\(path)")
    return try #require(matrix[row, step], "\(name) at \(path)")
  }
  let quantity = try #require(LayerQuantity.allCases.first { $0.column == name }, "\(name)")
  let row = try #require(run.sites.firstIndex { $0.path == path }, "\(path)")
  return try #require(try run.layers(quantity)[row, step], "\(name) at \(path)")
}
