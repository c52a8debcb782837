import Autodiff
import RunFile

/// Whether neighbouring inputs have like gradients, or the gradient is shattered into noise: `gradient_correlation`, from −1 to 1.
///
/// The mean over samples of the cosine between ∂s/∂x at x and at x + δ (x′ − x), where x′ is the next sample of the batch and s
/// a sum of the outputs with fixed random signs. About 1 the net is smooth over that distance, about 0 it is shattered. In plain
/// ReLU nets it falls with depth, in residual nets far slower. The net is evaluated on the step's batch, after the step.
///
/// Source: Balduzzi et al., "The shattered gradients problem", 2017, arXiv:1702.08591.
public struct GradientCorrelation: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: MeasureName.gradientCorrelation.rawValue, quantity: "mean cos(∂s/∂x(x), ∂s/∂x(x + δ (x′ − x)))", unit: "1",
    cost: "two passes forward and back", source: "Balduzzi et al. 2017, arXiv:1702.08591")
  /// The model's input.
  public let needs: ProbeNeeds = .inputs
  private let distance: Float
  private let seed: UInt64

  /// A probe of neighbours a part δ of the way to the next sample, 0.1 by default.
  public init(distance: Float = 0.1, seed: UInt64 = 0) {
    guard distance > 0, distance.isFinite else {
      fatalError("GradientCorrelation: a distance of \(distance), it is above 0")
    }
    (self.distance, self.seed) = (distance, seed)
  }

  /// Notes the correlation.
  public func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    guard let x = step.differentiableInput(samples: .max, for: about.name) else { return }
    let count = x.shape[0], size = x.elementCount / count
    guard count > 1, size > 0 else { return }
    let neighbours = Tensor(shape: x.shape) { moved in
      x.withValues { x in
        for index in moved.indices { moved[index] = x[index] + distance * (x[(index + size) % x.count] - x[index]) }
      }
    }.requiringGradient()
    // Also when a checkpoint computes again, the model is evaluated.
    let found: (here: Tensor, there: Tensor)? = step.model.evaluated {
      // What the output does not depend on smoothly may take no numbers in between.
      guard let here = gradient(step, x), here.withValues({ $0.contains { $0 != 0 } }),
        let there = gradient(step, neighbours)
      else { return nil }
      return (here, there)
    }
    guard let (here, there) = found else { return }
    let products = rowProducts(here, there, rows: count)
    let squares = zip(rowSquares(here, rows: count), rowSquares(there, rows: count)).map { $0 * $1 }
    // A sample that the output doesn't depend on has no direction.
    let cosines = zip(products, squares).filter { $1 > 0 }.map { $0 / $1.squareRoot() }
    if !cosines.isEmpty { results.record(.gradientCorrelation, cosines.reduce(0, +) / Double(cosines.count)) }
  }

  /// ∂s/∂x of each sample.
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
