/// The kind of a row of the table `event`.
public struct EventKind: RunFileName {
  /// The kind as it is in the file.
  public let rawValue: String
  /// A kind with any name.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The first NaN or infinity.
  public static let nonfinite: EventKind = "nonfinite"
  /// A loss scaler skipped the optimizer's step, because gradients overflowed.
  public static let skipped: EventKind = "skipped"
  /// A warning of the recorder, which it also printed.
  public static let warning: EventKind = "warning"
  /// A warning of the recorder, which it also printed, about optimizers or calls of modules. Rules of the diagnosis find the same in the
  /// parameters and facts.
  public static let setupWarning: EventKind = "setup_warning"
  /// Recording was interrupted and continued later. Comparisons of runs leave these events out.
  public static let interrupted: EventKind = "interrupted"
  /// Modules of the model were replaced by others, or added.
  public static let replaced: EventKind = "replaced"
  /// A parameter was frozen or unfrozen after the first step.
  public static let parameterChanged: EventKind = "parameter"
}
