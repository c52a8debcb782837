// Operations as values: what a back end must compute. Names are those of the functions on tensors.
import CKernels

/// An operation of one tensor: element by element, or along a dimension.
enum UnaryOperation {
  case relu, sigmoid, tanh, exp, log, square, squareRoot, absolute
  /// −1, 0 or 1.
  case sign
  case sin, cos, erf
  /// The next whole number below, above, and the nearest.
  case floor, ceil, round
  /// x to the power of the exponent.
  case power(exponent: Float)
  case softsign, softplus, silu, mish, gelu, geluByTanh
  /// Φ(x), the normal distribution function.
  case normalCDF
  /// factor · x + offset.
  case affine(factor: Float, offset: Float)
  /// The nearest number within the limits.
  case clamp(ClosedRange<Float>)
  /// scale · (x > 0 ? x : alpha (eˣ − 1)).
  case elu(scale: Float, alpha: Float)
  case softmax(axis_layout), logSoftmax(axis_layout)
}

/// An operation of two tensors a and b that broadcast to one shape.
enum BinaryOperation {
  case add, subtract, multiply, divide, maximum, minimum, power
  /// The share of a in max(a, b): 1, 1/2 where they are equal, 0, and 1 where either is NaN.
  case maximumShare
  /// a b, but 0 wherever b is 0.
  case mask
  /// 1 where it holds, otherwise 0.
  case less, lessOrEqual, equal
  /// a b (1 − b) and a (1 − b²): the gradient a of an output times the derivative, which follows from the output b.
  case sigmoidGradient, tanhGradient
}

/// The gradient of an operation's input for the gradient g of its output, and a saved tensor of the same shape: the input x or
/// the output y.
enum GradientOperation {
  /// From y: g where y > 0, otherwise 0.
  case relu
  /// From x.
  case softsign, softplus, silu, mish, gelu, geluByTanh
  /// From x: g within the limits, otherwise 0.
  case clamp(ClosedRange<Float>)
  /// From y: g (y > 0 ? scale : y + scale · alpha).
  case elu(scale: Float, alpha: Float)
  /// From y: g (y > 0 ? above : below).
  case gate(below: Float, above: Float)
  /// From y, along a dimension.
  case softmax(axis_layout), logSoftmax(axis_layout)
}
