/// The debiased exponential moving average: b = w b + (1 − w) y, s = b / (1 − wⁱ⁺¹). Non-finite values stay as they are, and the
/// average starts again after them.
public func smoothed(_ values: [Double], weight: Double) -> [Double] {
  guard weight > 0 else { return values }
  var average = 0.0, remainder = 1.0
  return values.map { value in
    guard value.isFinite else {
      (average, remainder) = (0, 1)
      return value
    }
    average = weight * average + (1 - weight) * value
    remainder *= weight
    return average / (1 - remainder)
  }
}
