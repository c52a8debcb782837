import Foundation

/// At which steps something is recorded.
public struct RecordingSchedule {
  /// Whether a step is recorded.
  typealias Choice = (_ step: Int, _ lastLoss: Double?) -> Bool

  /// Makes the choice anew for each recorder. Its identity is the schedule's, by which a recorder knows what to ask only once a step.
  final class Rule {
    let begin: () -> Choice
    init(_ begin: @escaping () -> Choice) { self.begin = begin }
  }
  let rule: Rule

  private init(_ choice: @escaping Choice) { self.init(rule: Rule { choice }) }

  private init(rule: Rule) { self.rule = rule }

  /// Every `interval` steps, from step 0 on.
  public static func every(_ interval: Int) -> RecordingSchedule {
    guard interval >= 1 else { fatalError("RecordingSchedule: every \(interval) steps, it is 1 or more") }
    return RecordingSchedule { step, _ in step % interval == 0 }
  }

  /// Step 0, and then `perDecade` steps in each tenfold, as evenly as whole numbers can be: 0, 1, 2, 5, 10, 22, 46, 100, …
  /// for three.
  public static func logarithmic(perDecade: Int = 10) -> RecordingSchedule {
    guard perDecade >= 1 else { fatalError("RecordingSchedule: \(perDecade) steps a decade, it is 1 or more") }
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

  /// Steps of which `isIncluded` says so; it is asked once a step, before the step begins.
  public static func when(_ isIncluded: @escaping (_ step: Int) -> Bool) -> RecordingSchedule {
    RecordingSchedule { step, _ in isIncluded(step) }
  }

  /// One step of a recording: that after the first one whose loss fulfils a condition, such as `{ !$0.isFinite }`.
  public static func onceAfter(_ condition: @escaping (_ loss: Double) -> Bool) -> RecordingSchedule {
    RecordingSchedule(
      rule: Rule {
        var hasBeen = false
        return { _, loss in
          guard !hasBeen, let loss, condition(loss) else { return false }
          hasBeen = true
          return true
        }
      })
  }
}
