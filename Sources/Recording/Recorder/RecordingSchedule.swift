import Foundation
import Support

/// The steps at which something is recorded.
public struct RecordingSchedule {
  /// Whether a step is recorded.
  typealias Choice = (_ step: Int, _ lastLoss: Double?) -> Bool

  /// Makes a new choice for each recorder. A recorder calls the choice of a rule once per step, for all probes that share the rule.
  final class Rule {
    let begin: () -> Choice
    init(_ begin: @escaping () -> Choice) { self.begin = begin }
  }
  let rule: Rule

  private init(_ choice: @escaping Choice) { self.init(rule: Rule { choice }) }

  private init(rule: Rule) { self.rule = rule }

  /// Every `interval` steps, from step 0 on. Stops the program if `interval` is below 1.
  public static func every(_ interval: Int) -> RecordingSchedule {
    guard interval >= 1 else { stop("RecordingSchedule.every", "the interval is \(interval); it must be 1 or more") }
    return RecordingSchedule { step, _ in step % interval == 0 }
  }

  /// Step 0, and then `perDecade` steps between each power of ten and the next, evenly spaced in the logarithm and rounded: 0,
  /// 1, 2, 5, 10, 22, 46, 100, … for three; 10 by default. Stops the program if `perDecade` is below 1.
  public static func logarithmic(perDecade: Int = 10) -> RecordingSchedule {
    guard perDecade >= 1 else {
      stop("RecordingSchedule.logarithmic", "perDecade is \(perDecade); it must be 1 or more")
    }
    return RecordingSchedule { step, _ in
      guard step > 1 else { return true }
      let count = Double(perDecade)
      return Int((pow(10, (log10(Double(step)) * count).rounded() / count)).rounded()) == step
    }
  }

  /// These steps.
  public static func at(_ steps: some Sequence<Int>) -> RecordingSchedule {
    let chosen = Set(steps)
    return RecordingSchedule { step, _ in chosen.contains(step) }
  }

  /// The steps for which `isIncluded` returns true; it is called once per step, before the step begins.
  public static func when(_ isIncluded: @escaping (_ step: Int) -> Bool) -> RecordingSchedule {
    RecordingSchedule { step, _ in isIncluded(step) }
  }

  /// One step of a recording: the one after the first whose loss meets a condition, such as `{ !$0.isFinite }`.
  public static func onceAfter(_ condition: @escaping (_ loss: Double) -> Bool) -> RecordingSchedule {
    RecordingSchedule(
      rule: Rule {
        var wasMet = false
        return { _, loss in
          guard !wasMet, let loss, condition(loss) else { return false }
          wasMet = true
          return true
        }
      })
  }
}
