import Autodiff

extension Module {
  /// Runs `body`, after which statistics and streams of random numbers are as they were before.
  package func withStateKept<Result>(_ body: () throws -> Result) rethrows -> Result {
    let statistics = statistics.map { ($0.statistic, $0.statistic.value) }
    let streams = randomSources.map { ($0.source, $0.source.stream) }
    defer {
      for (statistic, value) in statistics { statistic.set(value) }
      for (source, stream) in streams { source.stream = stream }
    }
    return try body()
  }

  /// Throws, naming the nearest paths, if no module's path fits.
  package func requireModule(fitting pattern: String) throws {
    _ = try indices(of: modules.map(\.path), fitting: pattern, "module")
  }
}
