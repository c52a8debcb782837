import Autodiff
import NeuralNetworks

/// Products of the Hessian H = ∂²L/∂θ² of a loss with vectors. A vector has one tensor per parameter, of the parameter's shape.
///
///     let curvature = Hessian(of: crossEntropy(model(x), labels), for: model).largestEigenvalue()
///
/// H v is the gradient of ∇L · v, which is exact and takes about two backward passes. The value keeps the loss's tape.
///
/// Source: Pearlmutter, "Fast exact multiplication by the Hessian", 1994.
public struct Hessian {
  /// The parameters θ, in the order of the model's.
  public let parameters: [Tensor]
  private let gradient: [Tensor]

  /// The Hessian of `loss`, a scalar [], with respect to the current values of all parameters of a model. Stops the program if
  /// the loss is not on the tape.
  public init(of loss: Tensor, for model: Module) {
    parameters = model.parameters.map(\.parameter.value)
    gradient = gradients(of: loss, withRespectTo: parameters, keepingTape: true)
  }

  /// The Hessian of the step's loss; nil if it can't be computed again.
  init?(_ step: ProbedStep) {
    guard let loss = step.again?(), loss.isOnTape else { return nil }
    self.init(of: loss, for: step.model)
  }

  /// H v. `v` and the result have one tensor per parameter, of the same shape as the parameter.
  public func times(_ v: [Tensor]) -> [Tensor] {
    let product = zip(gradient, v).map { ($0 * $1).sum() }.reduce(Tensor(0), +)
    // ∇L · v is not on the tape if the loss is linear in the parameters.
    guard product.isOnTape else { return v.map { Tensor(repeating: 0, shape: $0.shape) } }
    return gradients(of: product, withRespectTo: parameters, keepingTape: true).map { $0.detached() }
  }

  /// The largest eigenvalue.
  ///
  /// Lanczos's method from a vector of random signs, which `seed` determines. It ends when the relative change is at most `tolerance`, or
  /// after `iterations` products. 0 without parameters, NaN if the loss is not finite. Source: Lanczos 1950.
  public func largestEigenvalue(iterations: Int = 30, tolerance: Double = 1e-3, seed: UInt64 = 0) -> Double {
    var random = RandomStream(seed: seed, name: "Hessian")
    return withoutGradients { largestEigenvalue(from: signs(&random), iterations, tolerance) }
  }

  /// All eigenvalues, largest first: as many as there are weights. NaN where the loss is not finite.
  ///
  /// One product per weight makes the matrix, so this is for nets of some hundred weights. The products are float32, so eigenvalues have
  /// errors of about 10⁻⁶ of the largest one, and the sign of a smaller one means nothing.
  public func allEigenvalues() -> [Double] {
    let count = parameters.reduce(0) { $0 + $1.elementCount }
    var matrix: [Double] = []
    for index in 0..<count {
      var first = 0
      let unit = parameters.map { parameter in
        defer { first += parameter.elementCount }
        return Tensor(shape: parameter.shape) { for place in $0.indices { $0[place] = first + place == index ? 1 : 0 } }
      }
      matrix += times(unit).flatMap { $0.values.map(Double.init) }
    }
    // Rounding makes the two halves differ a little.
    let mirrored = transposed(matrix, rows: count, columns: count)
    return eigenvalues(ofSymmetric: zip(matrix, mirrored).map { ($0 + $1) / 2 }, size: count)
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
      // The vectors span an invariant subspace, so the value is exact.
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
