/// What the steps of a recurrence add to the gradients of one weight and bias: gᵀ x and the sum of the rows of g, for the gradient g [n,
/// outputs] and the input x [n, inputs] of each step. The rows of many steps, one after the other, make one large product, which takes less
/// time than many small ones and their sum.
struct RepeatedProducts {
  /// Computed once there are so many rows: more make the product no faster.
  private static let enough = 1024

  let weight, bias: Node?
  /// The node of the last step, which tells what the gradients are for.
  private(set) var step: Node
  private var gradients: [Tensor] = []
  private var inputs: [Tensor] = []
  private var rows = 0

  init(weight: Node?, bias: Node?, step: Node) { (self.weight, self.bias, self.step) = (weight, bias, step) }

  /// Adds a step; returns whether it is time to compute the product.
  mutating func append(_ gradient: Tensor, _ input: Tensor, of step: Node) -> Bool {
    self.step = step
    gradients.append(gradient)
    inputs.append(input)
    rows += gradient.shape[0]
    return rows >= Self.enough
  }

  /// Adds the product and the sum of the steps so far to the gradients, and forgets the steps.
  mutating func flush(_ pass: BackwardPass) {
    guard !gradients.isEmpty else { return }
    let g = joined(gradients), x = joined(inputs)
    (gradients, inputs, rows) = ([], [], 0)
    if let weight { pass.add(matmul(g, x, true, false, as: weight.precision), to: weight) }
    if let bias { pass.add(g.summed(to: bias.shape), to: bias) }
  }

  private func joined(_ parts: [Tensor]) -> Tensor { parts.count == 1 ? parts[0] : concatenated(parts, axis: 0) }

  /// Whether a step waits that adds to this gradient.
  func waits(for leaf: Node) -> Bool { !gradients.isEmpty && (weight === leaf || bias === leaf) }

  var nodes: [Node] { [weight, bias].compactMap { $0 } }

  /// Whether somebody waits for one of the gradients in the pass.
  var hasHooks: Bool { weight?.hasHooks == true || bias?.hasHooks == true }
}
