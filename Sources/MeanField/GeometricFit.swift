import Foundation

func logarithm(_ x: Double) -> Double { log(x) }

/// The factor a layer that fits a profile over depth best: least squares of ln(value) over depth.
public struct GeometricFit: Sendable, Hashable {
  /// By how much the value is multiplied from one layer to the one before it: below 1, gradients vanish going back.
  public let factorGoingBack: Double
  /// The fitted value at depth 0.
  public let valueAtZero: Double
  /// The share of the variance of ln(value) that the line explains, 1 where there is no variance.
  public let rSquared: Double
  /// How many points took part, and how many could not: zeros and what is not finite have no place on a log axis.
  public let used: Int
  /// How many points could not take part.
  public let leftOut: Int

  /// Fits the points; nil where fewer than two differ in depth.
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
    factorGoingBack = exp(-slope)
    valueAtZero = exp(meanY - slope * meanX)
    rSquared = spreadY > 0 ? slope * slope * spreadX / spreadY : 1
  }

  /// The fitted value at a depth.
  public func value(at depth: Double) -> Double { valueAtZero * pow(factorGoingBack, -depth) }

  /// How many layers at each end of a net of this many are left out of a fit, since they differ: a tenth, at least one
  /// and, where the net is deep enough, two.
  public static func margin(of layers: Int) -> Int { layers < 5 ? 0 : Swift.max(layers / 10, layers < 8 ? 1 : 2) }

  /// Fits the interior of a profile that is ordered from input to output.
  public init?(interiorOf profile: [(depth: Double, value: Double)]) {
    let margin = Self.margin(of: profile.count)
    self.init(Array(profile.dropFirst(margin).dropLast(margin)))
  }
}
