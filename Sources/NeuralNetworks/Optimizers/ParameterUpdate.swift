import Autodiff

/// One optimizer step of one parameter, as tensors. `Optimizer.update(_:)` reads it and assigns the new weight and states.
///
/// All tensors have the parameter's shape and are off the tape.
public final class ParameterUpdate {
  /// The parameter's path in the model, such as `blocks.3.1.weight`.
  public let path: String
  /// The weight before the step; assign the new weight. Stops the program if its shape is not the parameter's.
  public var weight: Tensor { didSet { check(weight, "a weight") } }
  /// dL/d(weight).
  public let gradient: Tensor
  /// The state of this parameter, in the order of the names that the optimizer gave to `super.init(states:)`; zeros before the
  /// first step. Assign elements to change it. Stops the program if their number changes, or if a shape is not the parameter's.
  public var states: [Tensor] {
    didSet {
      guard states.count == stateCount else {
        stop("update of \(path)", "\(states.count) states were assigned; the optimizer declares \(stateCount)")
      }
      for state in states { check(state, "a state") }
    }
  }
  /// The number of this update of the parameter, from 1. It differs from the optimizer's step count where the parameter was
  /// frozen or had no gradient.
  public let step: Int
  /// The learning rate for this parameter: the optimizer's times its group's factor.
  public let learningRate: Float
  /// The weight decay for this parameter.
  public let weightDecay: Float
  private let stateCount: Int

  init(
    path: String, weight: Tensor, gradient: Tensor, states: [Tensor], step: Int, learningRate: Float, weightDecay: Float
  ) {
    self.path = path
    self.weight = weight
    self.gradient = gradient
    self.states = states
    self.step = step
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    stateCount = states.count
  }

  private func check(_ tensor: Tensor, _ what: String) {
    guard tensor.shape == gradient.shape else {
      stop("update of \(path)", tensor.shape, gradient.shape, "\(what) must have the parameter's shape")
    }
  }
}

/// One optimizer step of one parameter, as the memory that a fused kernel changes in place.
package struct FusedUpdate {
  /// The weights.
  let w: UnsafeMutablePointer<Float>
  /// The gradient.
  let g: UnsafePointer<Float>
  /// The number of weights, of gradient elements and of elements of each state.
  let count: Int
  /// As in `ParameterUpdate`.
  let step: Int
  let learningRate, weightDecay: Float
  let states: [Tensor]

  func pointer(_ index: Int) -> UnsafeMutablePointer<Float> { states[index].elements }
}
