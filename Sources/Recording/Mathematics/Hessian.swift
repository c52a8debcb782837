import Autodiff
import NeuralNetworks

/// The Hessian H = ∂²L/∂θ² of a loss, by its products with vectors, which have a tensor for each parameter.
///
///     let curvature = Hessian(of: crossEntropy(model(x), labels), for: model).largestEigenvalue()
///
/// H v is the gradient of ∇L · v, exact; each costs about two backward passes. Keeps the loss's tape while it lives.
///
/// Source: Pearlmutter, "Fast exact multiplication by the Hessian", 1994.
public struct Hessian {
  /// θ.
  public let parameters: [Tensor]
  private let gradient: [Tensor]

  /// Of a loss with respect to all parameters of a model, as they are now. Stops if the loss is not on the tape.
  public init(of loss: Tensor, for model: Module) {
    parameters = model.parameters.map(\.parameter.value)
    gradient = gradients(of: loss, withRespectTo: parameters, keepingTape: true)
  }

  /// Of the step's loss; nil where it can't be computed again.
  init?(_ step: ProbedStep) {
    guard let loss = step.again?(), loss.isOnTape else { return nil }
    self.init(of: loss, for: step.model)
  }

  /// H v.
  public func times(_ v: [Tensor]) -> [Tensor] {
    let product = zip(gradient, v).map { ($0 * $1).sum() }.reduce(Tensor(0), +)
    // A loss that is linear in the parameters.
    guard product.isOnTape else { return v.map { Tensor(repeating: 0, shape: $0.shape) } }
    return gradients(of: product, withRespectTo: parameters, keepingTape: true).map { $0.detached() }
  }

  /// The largest eigenvalue, the curvature along the direction in which the loss is curved upward most.
  ///
  /// By Lanczos's method from a vector of random signs, until the value changes by less than `tolerance` of itself or so many
  /// products are made. 0 without parameters, NaN where the loss is not finite. Source: Lanczos 1950.
  public func largestEigenvalue(iterations: Int = 30, tolerance: Double = 1e-3, seed: UInt64 = 0) -> Double {
    var random = RandomStream(seed: seed, name: "Hessian")
    return withoutGradients { largestEigenvalue(from: signs(&random), iterations, tolerance) }
  }

  private func largestEigenvalue(from start: [Tensor], _ iterations: Int, _ tolerance: Double) -> Double {
    let length = dot(start, start).squareRoot()
    guard length > 0 else { return 0 }
    var v = start.map { $0 * Float(1 / length) }, previous: [Tensor] = []
    var diagonal: [Double] = [], beside: [Double] = [], top = Double.nan
    for _ in 0..<iterations {
      var image = withGradients { times(v) }
      let along = dot(v, image)
      image = zip(image, v).map { $0 - $1 * Float(along) }
      if let last = beside.last { image = zip(image, previous).map { $0 - $1 * Float(last) } }
      diagonal.append(along)
      let found = eigenvalues(ofTridiagonal: diagonal, beside + [0])[0]
      defer { top = found }
      guard found.isFinite, !(abs(found - top) <= tolerance * abs(found)) else { return found }
      let across = dot(image, image).squareRoot()
      // Nothing is left beyond what the vectors span.
      guard across > 1e-6 * abs(found), across > 0 else { return found }
      beside.append(across)
      previous = v
      v = image.map { $0 * Float(1 / across) }
    }
    return top
  }

  /// A vector of random signs.
  func signs(_ random: inout RandomStream) -> [Tensor] {
    parameters.map { parameter in
      Tensor(shape: parameter.shape) { for index in $0.indices { $0[index] = random.uniform() < 0.5 ? -1 : 1 } }
    }
  }
}

/// a · b.
private func dot(_ a: [Tensor], _ b: [Tensor]) -> Double {
  zip(a, b).reduce(0) { $0 + products($1.0, $1.1).productSum }
}
