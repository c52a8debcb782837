extension Tensor {
  /// Computes the gradients of this scalar with respect to all leaves that it was computed from, adds each to the leaf's
  /// `gradient`, and frees the tape, the graph of recorded operations. Stops the program if the tensor has other than one
  /// element, is not on the tape, or its tape was released.
  ///
  /// If a hook throws, no gradient is added, and `withThrowingHooks` throws the error; the tape is freed in part, so compute the loss
  /// again.
  ///
  /// Source: Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors", 1986.
  public func backward() {
    guard !isAbandoned else { return }
    let output = startOfBackwardPass("backward")
    BackwardPass(keepsTape: false).accumulate(from: output, seed: Tensor(repeating: 1, shape: shape))
  }

  /// This loss times a scale, which multiplies its gradients too; hooks see gradients divided by it.
  package func scaledLoss(by scale: Float) -> Tensor {
    record(withoutGradients { self * scale }, from: self) { [self] gradient, pass in
      pass.lossScale = scale
      pass.add(gradient * scale, to: self)
    }
  }

  fileprivate func startOfBackwardPass(_ operation: String) -> Node {
    guard elementCount == 1 else {
      stop(
        operation, "gradients start from a single number, but the tensor has the shape \(shape); take its sum or mean")
    }
    guard let node else {
      stop(
        operation,
        "the tensor is not on the tape: nothing it was computed from requires a gradient, "
          + "or it was computed inside withoutGradients { }")
    }
    return node
  }
}

/// The gradients of the scalar `output` with respect to each of `inputs`, leaves or not, of the inputs' shapes; zeros where `output`
/// does not depend on an input. The `gradient` of leaves stays as it is.
///
/// Only what lies between `output` and `inputs` is visited, so other hooks are not called, and other parameters' gradients are not
/// computed.
///
/// With `keepingTape`, false by default, the results are on the tape, so they can be differentiated again, and so can `output`.
///
/// Stops the program if `output` has other than one element, or `output` or an input is not on the tape.
public func gradients(of output: Tensor, withRespectTo inputs: [Tensor], keepingTape: Bool = false) -> [Tensor] {
  guard !isAbandoned, !inputs.isEmpty else { return inputs.map { Tensor(repeating: 0, shape: $0.shape) } }
  let start = output.startOfBackwardPass("gradients")
  let nodes = inputs.map { input in
    guard let node = input.node else { stop("gradients", "an input of shape \(input.shape) is not on the tape") }
    return node
  }
  let found = BackwardPass(keepsTape: keepingTape, wanted: nodes).gradients(
    from: start, seed: Tensor(repeating: 1, shape: output.shape), of: nodes)
  return zip(inputs, found).map { input, gradient in gradient ?? Tensor(repeating: 0, shape: input.shape) }
}
