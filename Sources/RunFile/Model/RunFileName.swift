/// A name in a run file. Known names are constants of the type; a program may use its own too.
///
///     run.meta[.experiment]
///     run.meta["my_setting"]
public protocol RunFileName: RawRepresentable<String>, Hashable, Sendable, CustomStringConvertible,
  ExpressibleByStringInterpolation
where StringLiteralType == String {
  /// The name as it is in the file.
  init(rawValue: String)
}

extension RunFileName {
  /// The name as it is in the file.
  public init(stringLiteral value: String) { self.init(rawValue: value) }
  /// The name as it is in the file.
  public var description: String { rawValue }
}
