/// A name that a run file holds: known ones are constants of the type, and a program may add its own.
///
///     run.meta[.experiment]
///     run.meta["my_setting"]
public protocol RunFileName: RawRepresentable<String>, Hashable, Sendable, CustomStringConvertible, ExpressibleByStringInterpolation
where StringLiteralType == String {
  /// The name as the file has it.
  init(rawValue: String)
}

extension RunFileName {
  /// The name as the file has it.
  public init(stringLiteral value: String) { self.init(rawValue: value) }
  /// The name as the file has it.
  public var description: String { rawValue }
}
