import CThreadState

/// Computes `body`, whose result may have any shape, without keeping its activations; the backward pass computes `body` again when
/// it needs them. This saves memory for the time of one more forward pass; gradients are bit-identical.
///
/// In a chain of L equal layers that is split into s segments, each `checkpointed`, L / s + s activations are alive at a time;
/// the least, about 2 √L, for s = √L. `body` must compute the same again, so parameters must not change in between; code that
/// draws random numbers or accumulates statistics uses `replayed` and `isRecomputing`, as this package's modules do. Stops the
/// program in the backward pass if `body` calls `replayed` otherwise than before.
///
/// Sources: Griewank and Walther, "Algorithm 799: revolve", 2000; Chen et al., "Training deep nets with sublinear memory cost",
/// 2016, arXiv:1604.06174.
public func checkpointed(_ body: @escaping () -> Tensor) -> Tensor {
  guard tapeIsOn else { return body() }
  let precision = precisionHere
  let replay = Replay()
  let computed = replay.recording { withoutGradients(body) }, output = computed.detached()
  output.layerDepth = computed.layerDepth
  // On the tape whether or not gradients flow to the tensors that the body uses, which is known only when it is computed again.
  var start: Int64 = 0
  let node = Node(of: output, from: NodeInputs(), isCheckpoint: true, by: "checkpointed") { gradient, pass in
    let again = replay.replaying { withTape(from: start) { withPrecision(precision, body) } }
    pass.discover(again)
    pass.add(gradient, to: again)
  }
  start = Int64(node.order)
  output.place(at: node)
  return output
}

/// The value of `make()`; inside a `checkpointed` body that is computed again, the value of the first time.
public func replayed<Value>(_ make: () -> Value) -> Value { Replay.current?.value(make) ?? make() }

/// Whether what happens once per step, such as an update of running statistics, must not happen now: a `checkpointed` body is being
/// computed again, or a hook has thrown and the result of the pass is discarded.
public var isRecomputing: Bool { Replay.current?.isInReplay ?? false || isAbandoned }

/// Whether a `checkpointed` body is being computed again.
package var isInReplay: Bool { Replay.current?.isInReplay ?? false }

/// Whether a `checkpointed` body is being computed for the first time: its tensors are not on the tape yet, but will be.
package var isInCheckpoint: Bool { Replay.current.map { !$0.isInReplay } ?? false }

/// The values that a `checkpointed` body has asked `replayed` for, in order, for when it is computed again.
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
      "the body computed something else when it was computed again; what it depends on, such as whether modules are in training "
        + "mode, must not change until backward() is over")
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

/// Runs `body` with the tape on, whatever the scopes around it say, and its nodes numbered from `start`. When a backward pass
/// reaches a checkpoint it has visited all later nodes, so their numbers can be used again. Nodes are then visited in the same
/// order as without checkpoints, and their gradients are summed to the same bits.
private func withTape<Result>(from start: Int64, _ body: () -> Result) -> Result {
  let here = thread_state_here()
  let (off, nodes) = (here.pointee.gradients_off, here.pointee.nodes)
  (here.pointee.gradients_off, here.pointee.nodes) = (0, start)
  defer { (here.pointee.gradients_off, here.pointee.nodes) = (off, max(nodes, here.pointee.nodes)) }
  return body()
}
