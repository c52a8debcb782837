import Rheoscope

extension Optimizer {
  /// Before each of the first `steps` steps, by default before all, scales the gradient of each weight matrix to a twentieth of the norm of
  /// its weights, whatever its size. Weights with a gradient of 0, and biases, keep theirs.
  ///
  /// With SGD of learning rate 0.1 and momentum 0.9, steps in a constant direction are then a twentieth of the weights each. After You et
  /// al. 2017, arXiv:1708.03888.
  public func scaleGradientsToWeights(inSteps steps: Int = .max) {
    beforeStep { optimizer in
      guard optimizer.stepCount < steps else { return }
      for parameter in optimizer.parameters where parameter.shape.count > 1 {
        guard let gradient = parameter.gradient, gradient.rms > 0 else { continue }
        parameter.gradient = (parameter.value.rms / (20 * gradient.rms)) * gradient
      }
    }
  }
}
