import CThreadState

/// Whether a gradient has reached the output of the model's last call.
struct GradientArrival {
  var hasArrived = false
  private(set) var outputIsOnTape = false
  /// The number of backward passes of the thread before the last call; nil while there is no output.
  private var backwardPassesBefore: Int64?
  /// The number of calls that were followed by backward passes that did not reach the output.
  private var missedCalls = 0

  /// A loss may use a model's output as data for several steps, as that of an adversary does.
  private static let patience = 10

  mutating func callBegins() { (hasArrived, backwardPassesBefore) = (false, nil) }

  mutating func callEnds(outputIsOnTape: Bool) {
    if backwardPassesBefore == nil { backwardPassesBefore = thread_state_here().pointee.backward_passes }
    self.outputIsOnTape = outputIsOnTape
  }

  /// Whether a backward pass came after the last call and did not reach its output.
  var endedElsewhere: Bool {
    backwardPassesBefore.map { !hasArrived && thread_state_here().pointee.backward_passes > $0 } ?? false
  }

  /// Counts a call after which the gradient ended elsewhere; true at the tenth.
  mutating func endsElsewhereTooOften() -> Bool {
    guard endedElsewhere else { return false }
    missedCalls += 1
    return missedCalls == Self.patience
  }
}
