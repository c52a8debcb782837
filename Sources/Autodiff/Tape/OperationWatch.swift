import CThreadState

/// A call of a loss function.
package struct LossCall {
  /// What the loss compares its prediction with.
  package enum Target {
    /// A class per row.
    case classes([Int])
    /// Numbers of any shape.
    case numbers(Tensor)
  }

  /// The function's name, such as `crossEntropy`.
  package let function: String
  /// What the function was given: logits, or predictions.
  package let prediction: Tensor
  /// What it is compared with.
  package let target: Target
  /// The result.
  package let loss: Tensor
  /// Whether it differs from the plain mean over all elements or rows: a sum, weighted or smoothed.
  package let isWeighted: Bool
  /// The weights of the classes, where it is the mean of losses that are weighted by them and nothing else.
  package let classWeights: [Float]?

  /// The call without nodes, so that no tape is kept.
  package func detached() -> LossCall {
    LossCall(
      function: function, prediction: prediction.detached(), target: target, loss: loss.detached(),
      isWeighted: isWeighted, classWeights: classWeights)
  }
}

/// Operands of an operation at which its value or its derivative is not finite.
package struct Singularity {
  /// The operation's name, such as `log`.
  package let operation: String
  /// The number of such operands.
  package let count: Int
  /// The module that was being called; nil outside of all.
  package let module: String?
}

/// Sees the calls of loss functions that gradients flow through, and operations outside of their domain, on the thread on which it begins.
package final class OperationWatch {
  private let sawLoss: (LossCall) -> Void
  private let sawSingularity: (Singularity) -> Void

  /// A watch, which sees nothing before `begin()`.
  package init(loss: @escaping (LossCall) -> Void, singularity: @escaping (Singularity) -> Void) {
    (sawLoss, sawSingularity) = (loss, singularity)
  }

  /// Called with each leaf that a gradient reaches, and the name of the operation that used it; nil to see none.
  @exclusivity(unchecked) package var leaf: ((_ leaf: Node, _ operation: String?) -> Void)?
  /// Called at the beginning of `withoutWatches`; what it returns is called at the end.
  package var pause: (() -> () -> Void)?

  /// Runs `body` while the watches that have begun on the calling thread see nothing; those that begin in it do.
  package static func withoutWatches<Result>(_ body: () throws -> Result) rethrows -> Result {
    let outer = thread_state_here().pointee.watches
    let resume = (list?.watches ?? []).compactMap { $0.pause?() }
    thread_state_here().pointee.watches = nil
    defer {
      thread_state_here().pointee.watches = outer
      for resume in resume { resume() }
    }
    return try body()
  }

  /// The watches of a thread.
  private final class List { @exclusivity(unchecked) var watches: [OperationWatch] = [] }

  private static var list: List? {
    thread_state_here().pointee.watches.map { Unmanaged<List>.fromOpaque($0).takeUnretainedValue() }
  }

  /// The list that it is in, between `begin` and `end`.
  @exclusivity(unchecked) private var own: List?

  /// Begins to see operations of the calling thread.
  package func begin() {
    let list = Self.list ?? List()
    if Self.list == nil { thread_state_here().pointee.watches = Unmanaged.passRetained(list).toOpaque() }
    list.watches.append(self)
    own = list
  }

  /// Ends what `begin` began. On another thread it still ends, and that thread keeps an empty list.
  package func end() {
    guard let list = own else { return }
    own = nil
    list.watches.removeAll { $0 === self }
    guard list.watches.isEmpty, Self.list === list else { return }
    thread_state_here().pointee.watches = nil
    Unmanaged.passUnretained(list).release()
  }

  /// Reports a call of a loss function.
  @inline(__always)
  static func see(
    _ function: String, _ prediction: Tensor, _ target: @autoclosure () -> LossCall.Target, _ loss: Tensor,
    isWeighted: @autoclosure () -> Bool, classWeights: @autoclosure () -> [Float]? = nil
  ) {
    guard thread_state_here().pointee.watches != nil, loss.isOnTape else { return }
    report(
      LossCall(
        function: function, prediction: prediction, target: target(), loss: loss, isWeighted: isWeighted(),
        classWeights: classWeights()))
  }

  private static func report(_ call: LossCall) { for watch in list?.watches ?? [] { watch.sawLoss(call) } }

  /// Whether any watch wants to see leaves.
  static var seesLeaves: Bool { list?.watches.contains { $0.leaf != nil } ?? false }

  /// Reports a leaf that a gradient has reached.
  static func see(_ leaf: Node, usedBy operation: String?) {
    for watch in list?.watches ?? [] { watch.leaf?(leaf, operation) }
  }

  /// Reports the elements of an operand of an operation for which `isSingular` returns true, where gradients flow through it.
  @inline(__always)
  static func check(
    _ operation: String, _ operand: Tensor, on tape: Bool, where isSingular: (Float) -> Bool
  ) {
    guard thread_state_here().pointee.watches != nil, tape, list?.watches.isEmpty == false else { return }
    let count = operand.withValues { values in values.reduce(0) { isSingular($1) ? $0 + 1 : $0 } }
    if count > 0 { report(operation, count) }
  }

  private static func report(_ operation: String, _ count: Int) {
    let singularity = Singularity(
      operation: operation, count: count,
      module: thread_state_here().pointee.caller.map { Unmanaged<CallSite>.fromOpaque($0).takeUnretainedValue().path })
    for watch in list?.watches ?? [] { watch.sawSingularity(singularity) }
  }
}
