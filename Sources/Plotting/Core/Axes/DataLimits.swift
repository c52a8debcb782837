/// The ranges of values that the marks of a panel need, which give the axes their ranges.
public struct DataLimits: Sendable {
  /// The values along the x axis.
  public var x = ValueRange()
  /// The values along the y axis.
  public var y = ValueRange()

  /// Limits without values.
  public init() {}
}

/// The range of the finite values that were included.
public struct ValueRange: Sendable {
  /// The lowest value; infinity without values.
  public private(set) var lowest = Double.infinity
  /// The highest value; −infinity without values.
  public private(set) var highest = -Double.infinity
  /// The lowest positive value, for logarithmic axes; infinity without one.
  public private(set) var lowestPositive = Double.infinity

  /// A range without values.
  public init() {}

  /// Includes a value. NaN and infinities are ignored.
  public mutating func include(_ value: Double) {
    guard value.isFinite else { return }
    if value < lowest { lowest = value }
    if value > highest { highest = value }
    if value > 0, value < lowestPositive { lowestPositive = value }
  }

  /// Includes values. NaN and infinities are ignored.
  public mutating func include(_ values: [Double]) {
    var low = lowest, high = highest, positive = lowestPositive
    for value in values where value.isFinite {
      low = min(low, value)
      high = max(high, value)
      if value > 0 { positive = min(positive, value) }
    }
    (lowest, highest, lowestPositive) = (low, high, positive)
  }
}
