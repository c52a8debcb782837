import Autodiff
import NeuralNetworks

extension Module {
  /// Runs `body` with this module and its children as they are when they are evaluated; running statistics, streams of random
  /// numbers and what each module was set to are afterwards as they were.
  func evaluated<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = modules.map { ($0.module, $0.module.isTraining) }
    evaluate()
    // Parents come first, so that children have the last word.
    defer { for (module, isTraining) in before { if isTraining { module.train() } else { module.evaluate() } } }
    return try withStateKept(body)
  }

  /// The output for an input, and those of all calls of modules on the way.
  func outputs(for input: Tensor, _ look: @escaping (_ module: Module, _ callIndex: Int, _ output: Tensor) -> Void) {
    let handles = modules.map { path, module in
      module.watch(
        as: path, forward: { site, _, output in look(module, site.callIndex, output) }, backward: { _, _ in })
    }
    defer { for handle in handles { handle.remove() } }
    _ = self(input)
  }
}

extension ProbedStep {
  /// The first samples of the model's input; nil, with a word to the user, where there are none.
  func input(samples: Int, for what: String) -> Tensor? {
    guard let input, let count = input.shape.first, count > 0 else {
      tell("\(what) needs a model that is called with one input and puts out one tensor, and this one is not")
      return nil
    }
    return input.first(min(count, samples))
  }

  /// The same as a place to which gradients come; nil, with a word, also where the input names rows.
  func differentiableInput(samples: Int, for what: String) -> Tensor? {
    inputIsOfNumbers(for: what) ? input(samples: samples, for: what)?.requiringGradient() : nil
  }

  /// Whether there are derivatives by the input; tells the user if not.
  func inputIsOfNumbers(for what: String) -> Bool {
    guard model.modules.contains(where: { $0.module is Embedding }) else { return true }
    tell(
      "\(what) differentiates by the model's input, and names of rows, as an Embedding takes them, have no derivative, so it "
        + "is left out")
    return false
  }
}
