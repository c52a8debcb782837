import Autodiff
import RunFile
import Support

/// The similarity of the input gradients of neighbouring inputs: `gradient_correlation`, from −1 to 1.
///
/// The mean over samples of the cosine between ∂s/∂x at x and at x + δ (x′ − x), where x′ is the next sample of the batch and s
/// is the sum of the outputs with fixed random signs. Near 1 the net is smooth over that distance; near 0 its gradient is like noise
/// (shattered). It decreases with depth, in plain ReLU nets much faster than in residual nets. The net is evaluated on the step's
/// batch, after the step.
///
/// Source: Balduzzi et al., "The shattered gradients problem", 2017, arXiv:1702.08591.
public struct GradientCorrelation: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: MeasureName.gradientCorrelation.rawValue, quantity: "mean cos(∂s/∂x(x), ∂s/∂x(x + δ (x′ − x)))", unit: "1",
    cost: "two forward and backward passes", source: "Balduzzi et al. 2017, arXiv:1702.08591")
  /// The model's input.
  public let needs: ProbeNeeds = .inputs
  private let distance: Float
  private let seed: UInt64

  /// A probe with `distance` δ, the fraction of the way to the next sample, 0.1 by default; `seed` determines the signs. Stops
  /// the program if δ is not a finite number above 0.
  public init(distance: Float = 0.1, seed: UInt64 = 0) {
    guard distance > 0, distance.isFinite else {
      stop("GradientCorrelation", "the distance is \(distance); it must be a finite number above 0")
    }
    (self.distance, self.seed) = (distance, seed)
  }

  /// Records the correlation.
  public func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    guard let x = step.differentiableInput(samples: .max, for: about.name) else { return }
    let count = x.shape[0], size = x.elementCount / count
    guard count > 1, size > 0 else { return }
    let neighbours = Tensor(shape: x.shape) { moved in
      x.withValues { x in
        for index in moved.indices { moved[index] = x[index] + distance * (x[(index + size) % x.count] - x[index]) }
      }
    }.requiringGradient()
    // A checkpoint computes again in the backward pass, so that too runs in evaluation mode.
    let found: (here: Tensor, there: Tensor)? = step.model.evaluated {
      // An input of which the output is no smooth function, such as indices, may not allow values in between.
      guard let here = gradient(step, x), here.withValues({ $0.contains { $0 != 0 } }),
        let there = gradient(step, neighbours)
      else { return nil }
      return (here, there)
    }
    guard let (here, there) = found else { return }
    let products = rowProducts(here, there, rows: count)
    let squares = zip(rowSquares(here, rows: count), rowSquares(there, rows: count)).map { $0 * $1 }
    // A sample without influence on the output has a gradient of 0, which has no direction.
    let cosines = zip(products, squares).filter { $1 > 0 }.map { $0 / $1.squareRoot() }
    if !cosines.isEmpty { results.record(.gradientCorrelation, cosines.reduce(0, +) / Double(cosines.count)) }
  }

  /// ∂s/∂x of each sample; nil if the output is not on the tape.
  private func gradient(_ step: ProbedStep, _ x: Tensor) -> Tensor? {
    let output = step.output(for: x)
    guard output.isOnTape, output.shape.first == x.shape[0] else { return nil }
    var random = RandomStream(seed: seed, name: about.name)
    let signs = Tensor(shape: Shape(output.shape.dropFirst())) {
      for index in $0.indices { $0[index] = random.uniform() < 0.5 ? -1 : 1 }
    }
    return gradients(of: (output * signs).sum(), withRespectTo: [x])[0]
  }
}
