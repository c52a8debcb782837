extension Tensor {
  /// The sign of each element: −1, 0 or 1; NaN stays NaN. The result has the same shape and precision.
  ///
  /// It is off the tape, since the derivative is 0 wherever it exists.
  public func sign() -> Tensor { map(.sign) }
}
