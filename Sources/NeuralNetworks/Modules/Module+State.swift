import Autodiff

extension Module {
  /// Runs `body`, then restores buffers and random streams to their values before it.
  package func withStateRestored<Result>(_ body: () throws -> Result) rethrows -> Result {
    let buffers = buffers.map { ($0.buffer, $0.buffer.value) }
    let streams = randomSources.map { ($0.source, $0.source.stream) }
    defer {
      for (buffer, value) in buffers { buffer.set(value) }
      for (source, stream) in streams { source.stream = stream }
    }
    return try body()
  }

  /// Throws a `HookError` with the nearest paths if no module's path matches.
  package func requireModule(matching pattern: String) throws {
    _ = try indices(of: modules.map(\.path), matching: pattern, "module")
  }
}
