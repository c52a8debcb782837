import RunFile

extension LayerMatrix {
  /// Measures by site and step; those of the whole model are left out.
  init(_ measures: [Measure], of sites: [Site]) {
    let measures = measures.filter { $0.site != nil }
    let steps = Set(measures.map(\.step)).sorted()
    let columns = Dictionary(uniqueKeysWithValues: steps.enumerated().map { ($1, $0) })
    let rows = Dictionary(sites.enumerated().map { ($1.id, $0) }) { $1 }
    var values = [Double](repeating: .nan, count: sites.count * steps.count)
    var recorded = [Bool](repeating: false, count: values.count)
    for measure in measures {
      guard let row = rows[measure.site!] else { continue }
      let place = row * steps.count + columns[measure.step]!
      values[place] = measure.value
      recorded[place] = true
    }
    // Its quantity is none of the fixed ones, and nobody asks for it.
    self.init(quantity: .activationMean, steps: steps, sites: sites, values: values, recorded: recorded)
  }
}
