import CThreadState

/// Rounds of calls of a model's parts, while the model itself is never called. A round begins when the part that was called first
/// is called again.
struct PartCalls {
  private var firstPart: ObjectIdentifier?
  private var backwardPasses: Int64 = 0
  private var rounds = (all: 0, withGradients: 0)

  /// Records a call of a part; true if it begins another round.
  mutating func beginsRound(_ part: ObjectIdentifier) -> Bool {
    let now = thread_state_here().pointee.backward_passes
    guard let firstPart else {
      (self.firstPart, backwardPasses) = (part, now)
      return false
    }
    guard firstPart == part else { return false }
    rounds.all += 1
    if now > backwardPasses { rounds.withGradients += 1 }
    backwardPasses = now
    return true
  }

  /// Whether hooks on gradients should have been called: after ten rounds with a backward pass.
  var areEnoughForGradients: Bool { rounds.withGradients >= 10 }

  /// Whether hooks on inputs and outputs should have been called: after a backward pass, or a thousand rounds without one.
  var areEnoughForCalls: Bool { rounds.withGradients > 0 || rounds.all >= 1000 }
}
