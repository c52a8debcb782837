import RunFile

/// One run or several: every chart function takes either.
///
///     try Chart.loss(of: run)
///     try Chart.loss(of: [run, other])
public protocol RunSource {
  /// The runs to draw.
  var runs: [Run] { get }
}

extension Run: RunSource {
  /// This run alone.
  public var runs: [Run] { [self] }
}

extension [Run]: RunSource {
  /// The runs themselves.
  public var runs: [Run] { self }
}
