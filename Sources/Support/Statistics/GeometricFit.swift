import Foundation

/// A least-squares line through ln(value) over depth: value ≈ a · factor^(−depth).
public struct GeometricFit: Sendable, Hashable {
  /// By how much the value is multiplied from one layer to the one before it: below 1, a gradient vanishes in the backward pass.
  public let factorPerLayer: Double
  /// The fitted value at depth 0.
  public let valueAtZero: Double
  /// The share of the variance of ln(value) that the line explains, from 0 to 1; 1 where there is no variance.
  public let rSquared: Double
  /// The number of points in the fit.
  public let used: Int
  /// The number of points left out: zeros and non-finite values have no logarithm.
  public let leftOut: Int

  /// Fits all points; nil where fewer than two usable points differ in depth.
  public init?(_ points: [(depth: Double, value: Double)]) {
    let usable = points.filter { $0.value > 0 && $0.value.isFinite }
    used = usable.count
    leftOut = points.count - usable.count
    let x = usable.map(\.depth), y = usable.map { log($0.value) }
    let n = Double(used)
    let meanX = x.reduce(0, +) / n, meanY = y.reduce(0, +) / n
    let spreadX = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
    guard used >= 2, spreadX > 0 else { return nil }
    let slope = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) } / spreadX
    let spreadY = y.reduce(0) { $0 + ($1 - meanY) * ($1 - meanY) }
    factorPerLayer = exp(-slope)
    valueAtZero = exp(meanY - slope * meanX)
    rSquared = spreadY > 0 ? slope * slope * spreadX / spreadY : 1
  }

  /// Fits the interior points of a profile that is ordered from input to output.
  public init?(interiorOf profile: [(depth: Double, value: Double)]) {
    let margin = Self.margin(of: profile.count)
    self.init(Array(profile.dropFirst(margin).dropLast(margin)))
  }

  /// The fitted value at a depth.
  public func value(at depth: Double) -> Double { valueAtZero * pow(factorPerLayer, -depth) }

  /// How many points at each end are left out of a fit, since the first and the last layers differ from the rest: a tenth, at
  /// least one, where there are five points or more.
  public static func margin(of points: Int) -> Int { points < 5 ? 0 : max(points / 10, 1) }
}
