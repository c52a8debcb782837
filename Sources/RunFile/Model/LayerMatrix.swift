/// One quantity over all sites and steps of a run.
///
/// A place can hold a value, which may be NaN or infinite, or nothing, where nothing was recorded: the subscript tells them
/// apart, while `values` has NaN for both.
public struct LayerMatrix: Sendable, Equatable {
  /// What the values are.
  public let quantity: LayerQuantity
  /// The steps for which there are rows, in order: what a column stands for.
  public let steps: [Int]
  /// The run's sites, in forward order: what a row stands for.
  public let sites: [Site]
  /// The values, sites × steps, row by row.
  public let values: [Double]
  private let recorded: [Bool]

  /// A matrix of `values`, sites × steps, of which those count that are `recorded`; all, if nil.
  public init(quantity: LayerQuantity, steps: [Int], sites: [Site], values: [Double], recorded: [Bool]? = nil) {
    guard values.count == steps.count * sites.count, recorded == nil || recorded?.count == values.count else {
      fatalError(
        "LayerMatrix: \(sites.count) sites × \(steps.count) steps need as many values, not \(values.count) of which "
          + "\(recorded?.count ?? values.count) are said to be recorded or not")
    }
    self.quantity = quantity
    self.steps = steps
    self.sites = sites
    self.values = values
    self.recorded = recorded ?? [Bool](repeating: true, count: values.count)
  }

  /// The value at the site and the step with these positions in `sites` and `steps`; nil is "not recorded".
  public subscript(site: Int, step: Int) -> Double? {
    let place = site * steps.count + step
    return recorded[place] ? values[place] : nil
  }

  /// The values at the site with this position in `sites`, over all steps; nil is "not recorded".
  public func row(_ site: Int) -> [Double?] { steps.indices.map { self[site, $0] } }

  /// The same as they lie in memory; NaN also where nothing was recorded.
  public func values(atSite site: Int) -> ArraySlice<Double> {
    values[site * steps.count..<(site + 1) * steps.count]
  }

  /// Whether anything at all was recorded at the site with this position in `sites`.
  public func isRecorded(atSite site: Int) -> Bool {
    recorded[site * steps.count..<(site + 1) * steps.count].contains(true)
  }
}
