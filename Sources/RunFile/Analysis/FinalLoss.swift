/// The final loss of a training: the mean over the last 20 recorded steps, or all if there are fewer; NaN if there are none.
public func finalLoss(_ losses: some Collection<Double>) -> Double { finalMean(losses) }

/// The mean over the last 20 values, or all if there are fewer; NaN if there are none.
func finalMean(_ values: some Collection<Double>) -> Double {
  let last = values.suffix(20)
  return last.reduce(0, +) / Double(last.count)
}

extension Run {
  /// The mean loss over the last 20 recorded steps, or all if there are fewer; NaN if there are none.
  public var finalLoss: Double { RunFile.finalLoss(steps.map(\.loss)) }

  /// The mean accuracy over the last 20 recorded steps, or all if there are fewer; nil if one of them has none.
  public var finalAccuracy: Double? {
    let last = steps.suffix(20).compactMap(\.accuracy)
    return last.isEmpty || last.count < min(steps.count, 20) ? nil : finalMean(last)
  }
}
