/// One quantity of all sites at all recorded steps: what a heatmap shows.
public struct LayerMatrix: Sendable {
  public let quantity: LayerQuantity
  /// The rows, in forward order.
  public let sites: [Site]
  /// The columns: numbers of steps, ascending.
  public let steps: [Int]
  private var values: [Double]

  /// A NaN that stands for "not recorded" and is told from a recorded NaN by its payload.
  private static let missing = Double(nan: 0x7265, signaling: false)

  init(quantity: LayerQuantity, sites: [Site], steps: [Int]) {
    self.quantity = quantity
    self.sites = sites
    self.steps = steps
    values = Array(repeating: Self.missing, count: sites.count * steps.count)
  }

  @inline(__always)
  mutating func set(_ value: Double, site: Int, column: Int) {
    values[site * steps.count + column] = value.isNaN ? .nan : value
  }

  /// The value of a site, by its place in `sites`, at a column of `steps`; nil where it was not recorded. NaN and infinities
  /// are values.
  @inline(__always)
  public subscript(site: Int, column: Int) -> Double? {
    let value = values[site * steps.count + column]
    return value.bitPattern == Self.missing.bitPattern ? nil : value
  }

  /// A site's values over the steps.
  public func row(_ site: Int) -> [Double?] { steps.indices.map { self[site, $0] } }
}
