import Support

/// The RMS of dL/d(output) of layers along the depth of a net, or along the calls of a module, at one step.
///
/// Every chart, rule, experiment and table uses this definition:
///
/// - Along `.depth` a point is a depth: the largest number of layers on any path from the model's input to a layer, that layer included.
///   Layers side by side, such as query, key and value, have the same depth and are one point, the root of the mean square over all
///   their elements. A layer of a recurrent cell that sees only the model's input, not the hidden state, counts at the first time step
///   only: its depth is 1 at all of them, and those of later steps would change the first point.
/// - Along `.calls(of:)` a point is a call of that module, such as a time step of a recurrent cell.
/// - The factor is what the gradient is multiplied by from one point to the one before it in the backward pass: exp(−slope) of the
///   least-squares line through ln(value). The first and the last 10 % of the points are dropped, at least one at each end; all are used
///   where there are fewer than five. Zeros and non-finite values are left out of the fit.
public struct GradientProfile: Sendable, Equatable {
  /// The axis of a profile.
  public enum Axis: Sendable, Hashable, CustomStringConvertible {
    /// The depths of layers, from 1.
    case depth
    /// The calls of the module with this path, from 0.
    case calls(of: String)

    /// "depth", or "calls of cell".
    public var description: String {
      switch self {
      case .depth: "depth"
      case .calls(let module): "calls of \(module)"
      }
    }

    /// The unit of the axis: "layer", or "call".
    public var unit: String { self == .depth ? "layer" : "call" }
  }

  /// One point of a profile.
  public struct Point: Sendable, Equatable {
    /// The depth, or the index of the call.
    public let position: Int
    /// The RMS of dL/d(output) over all elements of the point's sites.
    public let value: Double
    /// The positions of its sites in the run's `sites`.
    public let sites: [Int]
  }

  /// The step.
  public let step: Int
  /// The axis.
  public let axis: Axis
  /// The points, input first; at least one.
  public let points: [Point]
  /// The fit to the interior points; nil if fewer than two of them are finite and above zero.
  public let fit: GeometricFit?

  /// The factor by which the gradient is multiplied per point in the backward pass: below 1 it vanishes, above 1 it explodes.
  public var factor: Double? { fit?.factorPerLayer }
  /// The first point's value over the last one's; nil if that is not a finite number.
  public var ratio: Double? {
    let ratio = points[0].value / points[points.count - 1].value
    return ratio.isFinite ? ratio : nil
  }
  /// The number of points that are exactly zero.
  public var zeroCount: Int { points.count { $0.value == 0 } }
  /// The number of points that are NaN or infinite.
  public var nonfiniteCount: Int { points.count { !$0.value.isFinite } }

  /// The profile of a column of a run's gradient RMS; nil if none of its points is recorded.
  ///
  /// `axis` is the run's own, if nil: the calls of the outermost module that is called three times or more in the step, or else depth.
  /// Sites for which `includes` returns false are left out.
  public init?(
    _ gradients: LayerMatrix, column: Int, along axis: Axis? = nil, where includes: (Site) -> Bool = { _ in true }
  ) {
    let recorded = gradients.sites.indices.filter { gradients[$0, column] != nil && includes(gradients.sites[$0]) }
    let axis = axis ?? Self.axis(of: recorded.map { gradients.sites[$0] })
    let members: [Int: [Int]] = Dictionary(
      grouping: recorded.filter { Self.isPoint(gradients.sites[$0], along: axis) },
      by: { axis == .depth ? gradients.sites[$0].depth : gradients.sites[$0].call })
    points = members.sorted { $0.key < $1.key }.map { position, sites in
      Point(position: position, value: Self.rms(sites, gradients, column), sites: sites)
    }
    guard !points.isEmpty else { return nil }
    step = gradients.steps[column]
    self.axis = axis
    fit = GeometricFit(interiorOf: points.map { (Double($0.position), $0.value) })
  }

  /// The profile of a run at the first recorded step from `step` on, or if that is nil at the first step that was not skipped; nil if
  /// no gradient is recorded. Throws a `RunFileError` if the file can't be read.
  public static func of(
    _ run: Run, at step: Int? = nil, along axis: Axis? = nil, where includes: (Site) -> Bool = { _ in true }
  ) throws -> GradientProfile? {
    let sites = possiblePoints(of: run.sites.filter(includes), along: axis)
    guard !sites.isEmpty else { return nil }
    func first(from start: Int) throws -> Int? {
      try run.firstStep(with: .gradientRMS, at: sites, from: start, withoutSkipped: step == nil)
    }
    // Usually the requested step is recorded. Reading single steps keeps the memory small, but each takes a pass over the file.
    let start = step ?? 0
    let isSkipped = step == nil && run.events.contains { $0.kind == .skipped && $0.step == start }
    var next = isSkipped ? try first(from: start) : start
    for _ in 0..<3 {
      guard let found = next else { return nil }
      let gradients = try run.layers([.gradientRMS], steps: found...found)[0]
      if !gradients.steps.isEmpty,
        let profile = GradientProfile(gradients, column: 0, along: axis, where: includes)
      {
        return profile
      }
      next = found < .max ? try first(from: found + 1) : nil
    }
    guard let rest = next else { return nil }
    let gradients = try run.layers(.gradientRMS)
    let skipped = step == nil ? Set(run.events.filter { $0.kind == .skipped }.map(\.step)) : []
    for (column, found) in gradients.steps.enumerated() where found >= rest && !skipped.contains(found) {
      if let profile = GradientProfile(gradients, column: column, along: axis, where: includes) { return profile }
    }
    return nil
  }

  /// The sites that are points of an axis, or of any axis that a run may have.
  private static func possiblePoints(of sites: [Site], along axis: Axis?) -> [Site] {
    let calls = Dictionary(grouping: sites, by: \.module).mapValues(\.count)
    return sites.filter { site in
      isPoint(site, along: axis ?? .depth) || axis == nil && calls[site.module]! >= 3
    }
  }

  /// The axis of a run in which these sites have gradients at a step: the calls of the outermost module with three calls or more, the
  /// first if there are several, or else depth.
  static func axis(of sites: [Site]) -> Axis {
    var calls: [String: Int] = [:], order: [String] = []
    for site in sites {
      if calls[site.module] == nil { order.append(site.module) }
      calls[site.module, default: 0] += 1
    }
    func level(_ path: String) -> Int { path.isEmpty ? 0 : path.split(separator: ".").count }
    let repeated = order.filter { calls[$0]! >= 3 }
    guard let outermost = repeated.map(level).min() else { return .depth }
    return .calls(of: repeated.first { level($0) == outermost }!)
  }

  private static func isPoint(_ site: Site, along axis: Axis) -> Bool {
    switch axis {
    case .depth: site.isLayer && (site.call == 0 || site.depth > 1)
    case .calls(let module): site.module == module
    }
  }

  private static func rms(_ sites: [Int], _ gradients: LayerMatrix, _ column: Int) -> Double {
    guard sites.count > 1 else { return gradients[sites[0], column]! }
    let counts = sites.map { Double(max(gradients.sites[$0].elementCount, 1)) }
    // Relative to the largest value, so that squares of very small gradients don't underflow.
    let values = sites.map { gradients[$0, column]! }
    guard values.allSatisfy(\.isFinite), let largest = values.max(), largest > 0 else {
      return values.contains { !$0.isFinite } ? (values.contains(where: \.isNaN) ? .nan : .infinity) : 0
    }
    let squares = zip(values, counts).reduce(0) { $0 + ($1.0 / largest) * ($1.0 / largest) * $1.1 }
    return largest * (squares / counts.reduce(0, +)).squareRoot()
  }
}
