import Diagnosis
import Recording
import RunFile
import Support

/// What a training does after an alarm.
public enum AlarmAnswer: Sendable {
  /// It goes on.
  case goOn
  /// `Recorder.step(loss:)` throws a `TrainingStopped`.
  case stop
}

/// An alarm has stopped the training.
public struct TrainingStopped: Error, CustomStringConvertible {
  /// The finding.
  public let finding: Finding
  /// The step after which the training was stopped.
  public let step: Int

  /// The step and the finding.
  public var description: String { "the training was stopped after step \(step): \(finding)" }
}

extension Recorder {
  /// Applies rules while training goes on.
  ///
  ///     recorder.setAlarms { finding in
  ///       print(finding)
  ///       return finding.severity == .failure ? .stop : .goOn
  ///     }
  ///
  /// They are applied after 50, 100, 200, 400, … steps, so that reading what is recorded takes little time, and `alarm` is called once for each
  /// rule that finds a warning or a failure. `step(loss:)` throws a `TrainingStopped` if `alarm` returns `.stop`, and a `RunFileError` if
  /// the run file can't be read.
  ///
  /// `first` is the number of steps after which rules are applied first, 50 by default. A rule that was reported is reported again only as a failure.
  /// Stops the program unless `first` is at least 1.
  public func setAlarms(
    after first: Int = 50, rules: [any Rule] = .all, _ alarm: @escaping (Finding) -> AlarmAnswer
  ) {
    guard first >= 1 else { stop("setAlarms", "rules are applied first after \(first) steps; it must be 1 or more") }
    var next = first
    var reported: [String: Finding.Severity] = [:]
    afterStep { [writer] step, path in
      guard step + 1 >= next else { return }
      while next <= step + 1 { next *= 2 }
      _ = try writer.flush()
      for finding in diagnose(try Run(path: path), rules: rules) where finding.severity > .note {
        guard reported[finding.rule].map({ $0 < finding.severity }) ?? true else { continue }
        reported[finding.rule] = finding.severity
        guard alarm(finding) == .stop else { continue }
        throw TrainingStopped(finding: finding, step: step)
      }
    }
  }
}
