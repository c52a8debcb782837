/// The steps at which facts are written: the first recorded one from each of 0, 1, 2, 5, 10, 20, 50, 100, … on.
struct FactSchedule {
  /// The step from which on facts are due.
  private(set) var next = 0

  init(next: Int = 0) { self.next = next }

  /// Whether facts are due at a step.
  func isDue(at step: Int) -> Bool { step >= next }

  /// Goes on after facts were written at a step.
  mutating func advance(past step: Int) {
    while next <= step { next = Self.after(next) }
  }

  private static func after(_ step: Int) -> Int {
    var power = 1
    while power * 10 <= step { power *= 10 }
    return step == 0 ? 1 : step < 2 * power ? 2 * power : step < 5 * power ? 5 * power : 10 * power
  }
}
