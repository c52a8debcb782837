/// What an entry of the table `event` reports.
public struct EventKind: RunFileName {
  /// The kind as the file has it.
  public let rawValue: String
  /// A kind of one's own.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The first NaN or infinity.
  public static let nonfinite: EventKind = "nonfinite"
  /// The optimizer's step was skipped, since gradients overflowed at the scale of the loss.
  public static let skipped: EventKind = "skipped"
  /// Recording was interrupted and went on later. Comparisons of runs leave these events out.
  public static let interrupted: EventKind = "interrupted"
  /// A module of the model was replaced by another.
  public static let replaced: EventKind = "replaced"
  /// A parameter was frozen, unfrozen, or moved to another optimizer after the first recorded step.
  public static let parameterChanged: EventKind = "parameter"
}
