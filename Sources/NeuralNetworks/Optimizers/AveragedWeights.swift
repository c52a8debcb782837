import Autodiff

/// The exponential moving average of a model's parameters over steps, with which a model is often better than with its last ones.
///
/// The first `update()` copies each parameter w, later ones set a ← d a + (1 − d) w; d = 0.999 by default. Buffers, such as running means of
/// batch normalization, are not averaged. Call `update()` after each `optimizer.step()`, and evaluate inside `use { }`:
///
///     let average = AveragedWeights(of: model)
///     …
///     optimizer.step()
///     average.update()
///     …
///     let accuracy = average.use { accuracy(of: model, on: data.test) }
///
/// Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992; exponentially as in Tarvainen and Valpola,
/// "Mean teachers are better role models", 2017, arXiv:1703.01780.
public final class AveragedWeights {
  /// The averages by the path of their parameter; empty before the first update.
  public private(set) var values: [String: Tensor] = [:]
  private let decay: Float
  private let parameters: [(path: String, parameter: Parameter)]

  /// The average of all parameters of `model`. Stops the program unless the decay is at least 0 and below 1.
  public init(of model: Module, decay: Float = 0.999) {
    guard (0..<1).contains(decay) else {
      stop("AveragedWeights", "the decay is \(decay); it must be at least 0 and below 1")
    }
    self.decay = decay
    model.refreshReflection()
    parameters = model.parameters.map { ($0.path, $0.parameter) }
  }

  /// Goes on with averages that `values` gave, each of the shape of its parameter. Stops the program if one is missing or has another shape.
  public func restore(_ values: [String: Tensor]) {
    for (path, parameter) in parameters where values[path]?.shape != parameter.shape {
      let found = values[path].map { "\($0.shape)" } ?? "none"
      stop("AveragedWeights", "the average of \(path) is \(found); it must be of shape \(parameter.shape)")
    }
    self.values = values
  }

  /// Moves the averages towards the parameters; does nothing after a hook has thrown, as an optimizer's step.
  public func update() {
    guard !isAbandoned else { return }
    withoutGradients {
      for (path, parameter) in parameters {
        let value = parameter.value.detached()
        values[path] = values[path].map { decay * $0 + (1 - decay) * value } ?? value
      }
    }
  }

  /// Runs `body` while the model's parameters are the averages; then, also after an error, they are as before. Before the first update nothing is
  /// changed.
  public func use<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = parameters.map(\.parameter.value)
    for (path, parameter) in parameters { if let average = values[path] { parameter.set(average, from: nil) } }
    defer { for ((_, parameter), value) in zip(parameters, before) { parameter.set(value, from: nil) } }
    return try body()
  }
}
