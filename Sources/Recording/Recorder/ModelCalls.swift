import Autodiff
import NeuralNetworks

extension Module {
  /// Runs `body` with this module and its children in evaluation mode; afterwards modes, running statistics and random streams are
  /// restored.
  package func evaluated<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = modules.map { ($0.module, $0.module.isTraining) }
    evaluate()
    // A parent sets the mode of its children, so children are restored after it.
    defer { for (module, isTraining) in before { if isTraining { module.train() } else { module.evaluate() } } }
    return try withStateRestored(body)
  }

  /// Calls `observe` with the outputs of all calls of modules that `body` makes.
  func outputs(
    of body: () -> Void, _ observe: @escaping (_ module: Module, _ callIndex: Int, _ output: Tensor) -> Void
  ) {
    let handles = modules.map(\.module).map { module in
      module.observeOutputs { site, output in observe(module, site.callIndex, output) }
    }
    defer { for handle in handles { handle.remove() } }
    body()
  }

  /// The inputs of this model's `Embedding` modules while `body` runs.
  func tokenIndices(in body: () throws -> Void) rethrows -> [Tensor] {
    var indices: [Tensor] = []
    let handles = modules.map(\.module).filter { $0 is Embedding }.map {
      $0.observeInputs { _, input in
        indices.append(input)
        return nil
      }
    }
    defer { for handle in handles { handle.remove() } }
    try body()
    return indices
  }
}

extension ProbedStep {
  /// The first samples of the model's input; nil, with a warning, if the step has no single input.
  func input(samples: Int, for what: String) -> Tensor? {
    guard let input, let count = input.shape.first else {
      warn("\(what) needs a model that takes one tensor and returns one tensor, so it is left out")
      return nil
    }
    guard count > 0 else {
      warnOfEmptyBatch(what)
      return nil
    }
    return input.first(min(count, samples))
  }

  /// The first samples of the model's input as a leaf that takes gradients; nil, with a warning, also if it holds token indices.
  func differentiableInput(samples: Int, for what: String) -> Tensor? {
    guard let x = input(samples: samples, for: what)?.requiringGradient() else { return nil }
    let takesIndices = unhooked.takesIndices ?? inputIsIndices(x)
    unhooked.takesIndices = takesIndices
    if takesIndices { warnOfIndices(what) }
    return takesIndices ? nil : x
  }

  /// Warns that the step's batch has no samples.
  func warnOfEmptyBatch(_ what: String) { warn("\(what) is left out at steps whose batch has no samples") }

  /// Warns that the model's input is token indices.
  func warnOfIndices(_ what: String) {
    warn("\(what) needs gradients of the model's input, and token indices have none, so it is left out")
  }

  /// Whether the inputs of the model's `Embedding` modules depend on its own input: they are on the tape, or change when samples
  /// are rotated.
  private func inputIsIndices(_ x: Tensor) -> Bool {
    let model = model
    guard model.modules.contains(where: { $0.module is Embedding }) else { return false }
    func indices(_ x: Tensor) -> [Tensor] { model.evaluated { model.tokenIndices { _ = output(for: x) } } }
    let size = x.elementCount / x.shape[0]
    let rotated = Tensor(shape: x.shape) { moved in
      x.withValues { x in for index in moved.indices { moved[index] = x[(index + size) % x.count] } }
    }
    let found = indices(x)
    return found.contains(where: \.isOnTape) || found.map(\.values) != indices(rotated).map(\.values)
  }
}
