import Autodiff

extension Module {
  /// Runs `body` and keeps the outputs of all modules whose paths match `pattern`, and their gradients after a backward pass.
  ///
  ///     let captured = try model.capture("blocks.*.attention") { model(x) }
  ///     captured.result.sum().backward()
  ///     captured["blocks.0.attention"]?.gradient
  ///
  /// Gradients are kept as long as the returned `Capture` lives. Throws a `HookError` if nothing matches, and the error of a hook that
  /// throws; rethrows the error of `body`.
  public func capture<Result>(_ pattern: String, _ body: () throws -> Result) throws -> Capture<Result> {
    let kept = CapturedCalls()
    let targets = try modules(matching: pattern)
    // Without an audit: a missing call or gradient is visible in the result.
    let forward = attach(.output, to: targets, isAudited: false) { site, output in
      kept.calls[site.path, default: []].append(CapturedTensor(site: site, activation: output))
      return nil
    }
    defer { forward.remove() }
    // Weak, since the captured tensors keep the tape alive, and the tape this hook.
    let backward = attach(.outputGradient, to: targets, isAudited: false, isLast: true) { [weak kept] site, gradient in
      kept?.calls[site.path]?.first { $0.isOf(site) }?.add(gradient)
      return nil
    }
    do {
      return Capture(result: try withThrowingHooks(body), kept, backward)
    } catch {
      backward.remove()
      throw error
    }
  }

  /// As `capture`, but computes nothing after the first call of a module whose path matches `end`: what comes later in `body` runs without
  /// effect, as `withThrowingHooks` describes, and its result is discarded. So the captured tensors cost no more than the layers up to there.
  ///
  ///     let captured = try model.capture("blocks.3", stopAt: "blocks.3") { model(x) }
  ///     captured["blocks.3"]!.activation
  ///
  /// Throws a `HookError` if nothing matches or `body` calls no such module, and the error of a hook that throws; rethrows the error of
  /// `body`.
  public func capture<Discarded>(
    _ pattern: String, stopAt end: String, _ body: () throws -> Discarded
  ) throws -> Capture<Void> {
    let ends = try modules(matching: end)
    return try capture(pattern) {
      // Attached after the hooks that are to be called at the end.
      let handle = attach(.output, to: ends, isAudited: false) { _, _ in throw EndOfCapture() }
      defer { handle.remove() }
      do {
        try withThrowingHooks { _ = try body() }
      } catch is EndOfCapture {
        return
      }
      throw HookError.stopNotReached(path: end)
    }
  }
}

/// Thrown where a capture stops.
private struct EndOfCapture: Error {}

/// The output of one call of a module, and its gradient.
public final class CapturedTensor {
  /// The module, and the number of the call.
  public let site: HookSite
  /// The output, in the shape that the module computed; on the tape if the module computed it with one.
  public let activation: Tensor
  /// dL/d(output), in the output's shape, summed over the backward passes that have reached it; nil before the first. It is the gradient
  /// after all hooks, which goes on to the module.
  public private(set) var gradient: Tensor?

  init(site: HookSite, activation: Tensor) {
    self.site = site
    self.activation = activation
  }

  fileprivate func add(_ new: Tensor) { gradient = gradient.map { $0 + new } ?? new }

  /// False for calls in forward passes after the capture.
  fileprivate func isOf(_ other: HookSite) -> Bool {
    site.tensor == other.tensor
  }
}

private final class CapturedCalls { var calls: [String: [CapturedTensor]] = [:] }

/// The tensors that `capture` kept, and the result of its body.
public final class Capture<Result> {
  /// The result of the body.
  public let result: Result
  private let kept: CapturedCalls
  private let backward: HookHandle

  fileprivate init(result: Result, _ kept: CapturedCalls, _ backward: HookHandle) {
    self.result = result
    self.kept = kept
    self.backward = backward
  }

  /// The paths of the modules that were called, in alphabetical order.
  public var paths: [String] { kept.calls.keys.sorted() }

  /// The first call of a module; nil if it was not called or its path does not match the pattern.
  public subscript(path: String) -> CapturedTensor? { kept.calls[path]?.first }

  /// All calls of a module in order.
  public func calls(_ path: String) -> [CapturedTensor] { kept.calls[path] ?? [] }

  deinit { backward.remove() }
}
