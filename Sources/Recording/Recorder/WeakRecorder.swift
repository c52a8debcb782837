/// The reference to a recorder's observer that hooks on the tape hold, which live as long as the tape: nil when the recorder is
/// gone. It is a weak reference without the cost of one at every call.
final class WeakRecorder {
  @exclusivity(unchecked) unowned(unsafe) var observer: ModelObserver?
}
