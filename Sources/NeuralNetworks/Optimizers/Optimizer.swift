import Autodiff
import CKernels

/// What changes parameters along their gradients.
///
/// A subclass overrides `update`. `step()` applies the gradients and clears them; a parameter that no gradient has reached
/// stays as it is.
open class Optimizer {
  /// The step's size, per update.
  public var learningRate: Float
  /// The parameters, in the model's order.
  public let parameters: [Parameter]
  package var observers: [Observer] = []

  /// What one step did to a parameter: norms over all its elements, before the step and of what was really added.
  package typealias Observer = (_ parameter: Parameter, _ norms: step_norms) -> Void

  /// An optimizer of all parameters of a model. Stops if the learning rate is negative or not finite.
  public init(_ model: Module, learningRate: Float) {
    guard learningRate >= 0, learningRate.isFinite else {
      stop("Optimizer", "a learning rate of \(learningRate), it is 0 or more and finite")
    }
    self.learningRate = learningRate
    parameters = model.parameters.map(\.parameter)
  }

  /// Changes every parameter by its gradient and clears the gradient.
  public final func step() {
    beginStep()
    for (index, parameter) in parameters.enumerated() {
      guard let gradient = parameter.gradient else { continue }
      if observers.isEmpty {
        parameter.update { update(index, $0, gradient.elements, gradient.elementCount, nil) }
      } else {
        var norms = step_norms()
        parameter.update { update(index, $0, gradient.elements, gradient.elementCount, &norms) }
        for observer in observers { observer(parameter, norms) }
      }
      parameter.gradient = nil
    }
  }

  /// Clears the gradients without a step.
  public final func clearGradients() { for parameter in parameters { parameter.gradient = nil } }

  /// Called once before the parameters of a step are updated.
  package func beginStep() {}

  /// Changes `count` weights by their gradients, and measures that where `norms` is not nil.
  package func update(
    _ index: Int, _ weights: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>, _ count: Int,
    _ norms: UnsafeMutablePointer<step_norms>?
  ) {
    fatalError("\(type(of: self)) has no update rule")
  }

  /// One number a weight that the optimizer keeps from step to step, zeros at first.
  package func makeState() -> [Tensor] { parameters.map { Tensor(repeating: 0, shape: $0.shape) } }
}
