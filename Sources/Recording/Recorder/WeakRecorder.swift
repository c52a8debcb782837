/// A recorder's observer as hooks on the tape know it, which live as long as the tape: nil when the recorder is gone. A weak
/// reference without its cost at every call.
final class WeakRecorder {
  @exclusivity(unchecked) unowned(unsafe) var observer: ModelObserver?
}
