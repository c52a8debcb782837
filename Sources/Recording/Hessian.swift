import Autodiff
import NeuralNetworks

/// Products of the Hessian of a loss with vectors, which have a tensor for each parameter.
///
/// H v is the gradient of ∇L · v. Source: Pearlmutter, "Fast exact multiplication by the Hessian", 1994.
struct Hessian {
  let parameters: [Tensor]
  private let gradient: [Tensor]

  /// Of the step's loss with respect to the model's parameters; nil where it can't be computed again.
  init?(_ step: ProbedStep) {
    guard let loss = step.again?(), loss.isOnTape else { return nil }
    parameters = step.model.parameters.map(\.parameter.value)
    gradient = gradients(of: loss, withRespectTo: parameters, keepingTape: true)
  }

  /// H v.
  func times(_ v: [Tensor]) -> [Tensor] {
    let product = zip(gradient, v).map { ($0 * $1).sum() }.reduce(Tensor(0), +)
    // A loss that is linear in the parameters.
    guard product.isOnTape else { return v.map { Tensor(repeating: 0, shape: $0.shape) } }
    return gradients(of: product, withRespectTo: parameters, keepingTape: true).map { $0.detached() }
  }

  /// A vector of random signs.
  func signs(_ random: inout RandomStream) -> [Tensor] {
    parameters.map { parameter in
      Tensor(shape: parameter.shape) { for index in $0.indices { $0[index] = random.uniform() < 0.5 ? -1 : 1 } }
    }
  }
}

/// a · b.
func dot(_ a: [Tensor], _ b: [Tensor]) -> Double { zip(a, b).reduce(0) { $0 + products($1.0, $1.1).product_sum } }
