import CThreadState

/// Computes `body` and forgets all that it computed on the way; the backward pass computes it again when it gets there. Memory
/// is paid for with one more forward pass; gradients are bit-identical.
///
/// In a chain of L equal layers, cut into s segments that are each `checkpointed`, L / s + s activations are alive at a time:
/// least, about 2 √L, with s = √L. `body` must compute the same again, so parameters are not to be changed in between; what
/// draws random numbers or gathers statistics asks `replayed` and `isRecomputing`, as this package's modules do.
///
/// Sources: Griewank and Walther, "Algorithm 799: revolve", 2000; Chen et al., "Training deep nets with sublinear memory cost",
/// 2016, arXiv:1604.06174.
public func checkpointed(_ body: @escaping () -> Tensor) -> Tensor {
  guard tapeIsOn else { return body() }
  let precision = precisionHere
  let replay = Replay()
  let made = replay.recording { withoutGradients(body) }, output = made.detached()
  output.layerDepth = made.layerDepth
  // On the tape whether or not gradients flow to what the body uses, which shows only when it is computed again.
  var start: Int64 = 0
  let node = Node(of: output) { gradient, pass in
    let again = replay.replaying { withTape(from: start) { withPrecision(precision, body) } }
    pass.add(gradient, to: again)
  }
  start = Int64(node.order)
  output.place(at: node)
  return output
}

/// What `make` returns; inside a `checkpointed` body that is computed again, what it returned the first time.
public func replayed<Value>(_ make: () -> Value) -> Value { Replay.current?.value(make) ?? make() }

/// Whether a `checkpointed` body is being computed again: what happens once a step has happened already.
public var isRecomputing: Bool { Replay.current?.isInReplay ?? false }

/// Whether a `checkpointed` body is being computed for the first time: its tensors are not on the tape yet, but will be.
package var isInCheckpoint: Bool { Replay.current.map { !$0.isInReplay } ?? false }

/// What a `checkpointed` body must find again when it is computed anew, in the order in which it asked.
private final class Replay {
  private let outer: Replay?
  private var values: [Any] = []
  private var next = 0
  private var isReplaying = false

  init() { outer = Replay.current }

  static var current: Replay? {
    thread_state_here().pointee.replay.map { Unmanaged<Replay>.fromOpaque($0).takeUnretainedValue() }
  }

  var isInReplay: Bool { isReplaying || outer?.isInReplay == true }

  func recording<Result>(_ body: () -> Result) -> Result { asCurrent(body) }

  func replaying<Result>(_ body: () -> Result) -> Result {
    isReplaying = true
    next = 0
    let result = asCurrent(body)
    guard next == values.count else { Replay.stopOverChange() }
    return result
  }

  private func asCurrent<Result>(_ body: () -> Result) -> Result {
    let here = thread_state_here()
    let before = here.pointee.replay
    here.pointee.replay = Unmanaged.passUnretained(self).toOpaque()
    defer { here.pointee.replay = before }
    return body()
  }

  private static func stopOverChange() -> Never {
    stop(
      "checkpointed",
      "the body computed something else when it was computed again; what it uses, such as whether modules are trained, must stay "
        + "as it is until backward() is over")
  }

  func value<Value>(_ make: () -> Value) -> Value {
    if isReplaying {
      guard next < values.count, let value = values[next] as? Value else { Replay.stopOverChange() }
      next += 1
      return value
    }
    let value = outer?.value(make) ?? make()
    values.append(value)
    return value
  }
}

/// Runs `body` with the tape on, whatever is around it, and its nodes numbered from `start`. When a backward pass gets to a
/// checkpoint, all later nodes have been visited, so theirs are free to be given again; and so nodes are visited in the order
/// they would be visited in without checkpoints, in which their gradients are summed to the same bits.
private func withTape<Result>(from start: Int64, _ body: () -> Result) -> Result {
  let here = thread_state_here()
  let (off, nodes) = (here.pointee.gradients_off, here.pointee.nodes)
  (here.pointee.gradients_off, here.pointee.nodes) = (0, start)
  defer { (here.pointee.gradients_off, here.pointee.nodes) = (off, max(nodes, here.pointee.nodes)) }
  return body()
}
