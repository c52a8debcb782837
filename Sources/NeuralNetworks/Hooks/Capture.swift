import Autodiff

extension Module {
  /// Runs `body` and keeps the outputs of all modules whose paths fit `pattern`, and their gradients once there are any.
  ///
  ///     let captured = try model.capture("blocks.*.attention") { model(x) }
  ///     captured.result.sum().backward()
  ///     captured["blocks.0.attention"]?.gradient
  ///
  /// Gradients are kept as long as the result of this call lives. Throws if nothing fits, or `body` does.
  public func capture<Result>(_ pattern: String, _ body: () throws -> Result) throws -> Capture<Result> {
    let kept = CapturedCalls()
    let places = try fitting(pattern)
    // Nobody waits for these hooks: what is not called, or has no gradient, shows it.
    let forward = attach(.output, to: places, nil) { site, output in
      kept.calls[site.path, default: []].append(CapturedTensor(site: site, activation: output))
      return nil
    }
    defer { forward.remove() }
    // What is kept keeps the tape, and the tape this hook.
    let backward = attach(.outputGradient, to: places, nil) { [weak kept] site, gradient in
      kept?.calls[site.path]?.first { $0.isOf(site) }?.gradient = gradient
      return nil
    }
    do {
      return Capture(result: try body(), kept, backward)
    } catch {
      backward.remove()
      throw error
    }
  }
}

/// What a call of a module put out.
public final class CapturedTensor {
  /// Where.
  public let site: HookSite
  /// The output, on the tape if it was.
  public let activation: Tensor
  /// dL/d(output) of the last backward pass that reached it; nil before.
  public fileprivate(set) var gradient: Tensor?

  init(site: HookSite, activation: Tensor) {
    self.site = site
    self.activation = activation
  }

  /// Passes that come after the capture are others.
  fileprivate func isOf(_ other: HookSite) -> Bool {
    site.place == other.place
  }
}

private final class CapturedCalls { var calls: [String: [CapturedTensor]] = [:] }

/// What `capture` has kept, and what its body returned.
public final class Capture<Result> {
  /// What the body returned.
  public let result: Result
  private let kept: CapturedCalls
  private let backward: HookHandle

  fileprivate init(result: Result, _ kept: CapturedCalls, _ backward: HookHandle) {
    self.result = result
    self.kept = kept
    self.backward = backward
  }

  /// The paths of the modules that were called, in order of the alphabet.
  public var paths: [String] { kept.calls.keys.sorted() }

  /// The first call of a module; nil if it was not called or its path does not fit.
  public subscript(path: String) -> CapturedTensor? { kept.calls[path]?.first }

  /// All calls of a module in order.
  public func calls(_ path: String) -> [CapturedTensor] { kept.calls[path] ?? [] }

  deinit { backward.remove() }
}
