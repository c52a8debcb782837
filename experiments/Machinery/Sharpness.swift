import Rheoscope

/// H v: how the gradient of a loss with respect to a model's parameters changes along v, by differentiating the product of gradient
/// and v; exact. `loss` is computed anew. v has a tensor for each parameter, in the model's order, and so has the result.
///
/// Source: Pearlmutter, "Fast exact multiplication by the Hessian", 1994.
public func hessianProduct(_ model: Module, _ v: [Tensor], loss: () -> Tensor) -> [Tensor] {
  let weights = model.parameters.map(\.parameter.value)
  let gradients = gradients(of: loss(), withRespectTo: weights, keepingTape: true)
  let product = zip(gradients, v).map { ($0 * $1).sum() }
  return Rheoscope.gradients(of: product.dropFirst().reduce(product[0], +), withRespectTo: weights)
}

/// λ_max: the curvature of a loss in the direction, among all directions that weights can take, in which it is curved upward
/// most.
///
/// The Rayleigh quotient vᵀ H v of a vector of length 1 that is multiplied by H again and again, until it changes by less than
/// 10⁻⁴ of itself or `steps` products are made; v begins at random, from the seed. That finds the eigenvalue of largest size.
/// Where it is negative, as much is added to all of them, and the largest is looked for again.
public func sharpness(_ model: Module, seed: UInt64, steps: Int = 100, loss: () -> Tensor) -> Double {
  let largest = extremeCurvature(model, seed: seed, steps: steps, adding: 0, loss: loss)
  return largest >= 0 ? largest : extremeCurvature(model, seed: seed, steps: steps, adding: -largest, loss: loss)
}

/// The eigenvalue λ of H for which λ + `added` is of largest size.
private func extremeCurvature(
  _ model: Module, seed: UInt64, steps: Int, adding added: Double, loss: () -> Tensor
) -> Double {
  var random = RandomStream(seed: seed, name: "direction of curvature")
  var v = model.parameters.map { _, parameter in
    Tensor((0..<parameter.shape.elementCount).map { _ in Float(random.normalPair().0) }, shape: parameter.shape)
  }
  var found = 0.0
  for _ in 0..<steps {
    let length = product(v, v).squareRoot()
    v = v.map { $0 * Float(1 / length) }
    let next = zip(hessianProduct(model, v, loss: loss), v).map { $0 + Float(added) * $1 }
    let quotient = product(v, next)
    let change = abs(quotient - found)
    (found, v) = (quotient, next)
    if change <= 1e-4 * abs(quotient) { break }
  }
  return found - added
}

private func product(_ a: [Tensor], _ b: [Tensor]) -> Double {
  withoutGradients { zip(a, b).reduce(0) { $0 + Double(($1.0 * $1.1).sum().value) } }
}
