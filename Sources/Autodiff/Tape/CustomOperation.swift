/// An operation of your own with its gradient, for what no operation of this library computes.
///
/// - `name` is used in error messages.
/// - `forward` computes the output, of any shape, from the inputs, which it is given off the tape; what it computes is not on the tape
///   either.
/// - `backward` is given dL/d(output), the output and the inputs, and returns dL/d(input) for each input, of the input's shape, or
///   nil for an input without a gradient. It runs once in each backward pass that reaches the output. Written in operations on
///   tensors it can be differentiated itself, by `gradients(of:withRespectTo:keepingTape: true)`.
///
/// The result has the shape and elements of what `forward` returns, and is on the tape if one of the inputs is. What `backward`
/// captures stays alive as long as the tape does.
///
/// Stops the program if `backward` returns another number of gradients than there are inputs, or one of another shape than its
/// input.
///
///     /// The sign of x, with the gradient of the identity where |x| ≤ 1 (straight-through estimator).
///     /// Source: Courbariaux et al., "Binarized neural networks", 2016, arXiv:1602.02830.
///     func binarized(_ x: Tensor) -> Tensor {
///       customOperation("binarized", [x]) { inputs in
///         Tensor(inputs[0].values.map { $0 < 0 ? -1 : 1 }, shape: inputs[0].shape)
///       } backward: { gradient, _, inputs in
///         let isInside = inputs[0].values.map { abs($0) <= 1 ? Float(1) : 0 }
///         return [gradient * Tensor(isInside, shape: gradient.shape)]
///       }
///     }
public func customOperation(
  _ name: String, _ inputs: [Tensor], forward: (_ inputs: [Tensor]) -> Tensor,
  backward: @escaping (_ gradient: Tensor, _ output: Tensor, _ inputs: [Tensor]) -> [Tensor?]
) -> Tensor {
  // A tensor of its own, since `forward` may return one of the inputs, which have nodes already.
  let output = withoutGradients { forward(inputs.map(\.offTape)) }.detached()
  return recordKeepingOutput(output, from: inputs) { gradient, pass in
    let found = backward(gradient, pass.output, inputs)
    guard found.count == inputs.count else {
      stop(
        name, "backward returned \(found.count) gradients for \(inputs.count) inputs; return nil for those without one")
    }
    for (index, (gradient, input)) in zip(found, inputs).enumerated() {
      guard let gradient else { continue }
      guard gradient.shape == input.shape else {
        stop(name, gradient.shape, input.shape, "the gradient of input \(index) has the shape of that input")
      }
      pass.add(gradient, to: input)
    }
  }
}
