import Autodiff
import NeuralNetworks

extension Module {
  /// Runs `body` with this module and its children as they are when they are evaluated; running statistics, streams of random
  /// numbers and what each module was set to are afterwards as they were.
  package func evaluated<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = modules.map { ($0.module, $0.module.isTraining) }
    evaluate()
    // Parents come first, so that children have the last word.
    defer { for (module, isTraining) in before { if isTraining { module.train() } else { module.evaluate() } } }
    return try withStateRestored(body)
  }

  /// The outputs of all calls of modules that `body` makes.
  func outputs(
    of body: () -> Void, _ observe: @escaping (_ module: Module, _ callIndex: Int, _ output: Tensor) -> Void
  ) {
    let handles = modules.map(\.module).map { module in
      module.observeOutputs { site, output in observe(module, site.callIndex, output) }
    }
    defer { for handle in handles { handle.remove() } }
    body()
  }

  /// What the tables of this model are given while `body` runs.
  func tokenIndices(in body: () throws -> Void) rethrows -> [Tensor] {
    var names: [Tensor] = []
    let handles = modules.map(\.module).filter { $0 is Embedding }.map {
      $0.observeInputs { _, input in
        names.append(input)
        return nil
      }
    }
    defer { for handle in handles { handle.remove() } }
    try body()
    return names
  }
}

extension ProbedStep {
  /// The first samples of the model's input; nil, with a word to the user, where there are none.
  func input(samples: Int, for what: String) -> Tensor? {
    guard let input, let count = input.shape.first, count > 0 else {
      warn("\(what) needs a model that is called with one input and puts out one tensor, and this one is not")
      return nil
    }
    return input.first(min(count, samples))
  }

  /// The same as a place to which gradients come; nil, with a word, also where the input names rows.
  func differentiableInput(samples: Int, for what: String) -> Tensor? {
    guard let x = input(samples: samples, for: what)?.requiringGradient() else { return nil }
    let takesIndices = unhooked.takesIndices ?? inputIsIndices(x)
    unhooked.takesIndices = takesIndices
    if takesIndices { warnOfIndices(what) }
    return takesIndices ? nil : x
  }

  /// Tells the user that there are no derivatives by the input.
  func warnOfIndices(_ what: String) {
    warn(
      "\(what) differentiates by the model's input, and names of rows, as an Embedding takes them, have no derivative, so it "
        + "is left out")
  }

  /// Whether what tables are given depends on the input: it is on the tape, or is other numbers when samples change places.
  private func inputIsIndices(_ x: Tensor) -> Bool {
    let model = model
    guard model.modules.contains(where: { $0.module is Embedding }) else { return false }
    func names(_ x: Tensor) -> [Tensor] { model.evaluated { model.tokenIndices { _ = output(for: x) } } }
    let size = x.elementCount / x.shape[0]
    let turned = Tensor(shape: x.shape) { moved in
      x.withValues { x in for index in moved.indices { moved[index] = x[(index + size) % x.count] } }
    }
    let found = names(x)
    return found.contains(where: \.isOnTape) || found.map(\.values) != names(turned).map(\.values)
  }
}
