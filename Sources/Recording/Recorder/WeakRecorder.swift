/// A recorder as hooks on the tape know it, which live as long as the tape: nil when it is gone. A weak reference, without its
/// price at every call.
final class WeakRecorder {
  @exclusivity(unchecked) unowned(unsafe) var recorder: Recorder?
}
