import Rheoscope

extension Baseline {
  /// AUTOTRAINER: gradient faults are reported only while the accuracy has not reached Θ = 0.7. A tenth of a run stands for an epoch; for
  /// regressions 1 − loss / variance stands for the accuracy.
  ///
  /// Source: Zhang, Zhai, Ma and Shen, "AUTOTRAINER: an automatic DNN training problem detection and repair system", ICSE 2021; constants of
  /// its published program.
  static let autoTrainer = Baseline(
    name: "AUTOTRAINER",
    rules: [
      Rule(
        "explode",
        [
          "exploding gradient", "initialization too large", "non-finite values", "learning rate too high",
          "loss diverges",
        ]
      ) { run in
        if run.isNonfinite || run.losses.contains(where: { $0 >= 1e5 }) { return true }
        // β₃ = 70.
        return isUnsatisfied(run) && !isDying(run) && ratios(run).contains { $0.ratio > 70 }
      },
      // β₁ = 1e-3, β₂ = 1e-4.
      Rule("vanish", ["vanishing gradient", "initialization too small"]) { run in
        isUnsatisfied(run) && !isDying(run) && ratios(run).contains { $0.ratio < 1e-3 && $0.first < 1e-4 }
      },
      // γ = 0.7 of the gradient's elements are 0.
      Rule("relu", ["dead units", "units dying over time"]) { run in isUnsatisfied(run) && isDying(run) },
      // ζ = 0.03 in η = 0.2 of the epochs.
      Rule("unstable", ["loss oscillates", "learning rate too high"]) { run in !isUnsatisfied(run) && isUnstable(run) },
      // δ = 0.01 per epoch.
      Rule("not_converge", ["learning rate too low", "loss does not fall"]) { run in
        isSlow(run) && !isDying(run) && !ratios(run).contains { $0.ratio > 70 || $0.ratio < 1e-3 && $0.first < 1e-4 }
      },
    ])

  private static func isUnsatisfied(_ run: RecordedNumbers) -> Bool {
    (RecordedNumbers.epochs(run.accuracies).max() ?? 0) < 0.7 || isSlow(run)
  }

  private static func isSlow(_ run: RecordedNumbers) -> Bool {
    let epochs = RecordedNumbers.epochs(run.accuracies)
    return (zip(epochs, epochs.dropFirst()).map { $1 - $0 }.max() ?? 0) < 0.01
  }

  private static func isUnstable(_ run: RecordedNumbers) -> Bool {
    let epochs = RecordedNumbers.epochs(run.accuracies)
    var maxima: [Double] = [], minima: [Double] = []
    for index in epochs.indices.dropFirst().dropLast() {
      if epochs[index] >= epochs[index - 1], epochs[index] >= epochs[index + 1] { maxima.append(epochs[index]) }
      if epochs[index] <= epochs[index - 1], epochs[index] <= epochs[index + 1] { minima.append(epochs[index]) }
    }
    return Double(zip(maxima, minima).count { $0 - $1 >= 0.03 }) >= 0.2 * Double(epochs.count)
  }

  /// The gradient's norm of the first weight over that of the last, every tenth of the run.
  private static func ratios(_ run: RecordedNumbers) -> [(ratio: Double, first: Double)] {
    guard let first = run.gradientNorms.first, let last = run.gradientNorms.last, run.gradientNorms.count > 1 else {
      return []
    }
    return stride(from: 0, to: first.count, by: max(first.count / 10, 1)).compactMap { step in
      guard let a = first[step], let b = last[step], b > 0 else { return nil }
      return (a / b, a)
    }
  }

  /// An element of a weight's gradient is 0 where a unit is dead.
  private static func isDying(_ run: RecordedNumbers) -> Bool {
    guard !run.deadShares.isEmpty else { return false }
    return run.deadShares.reduce(0, +) / Double(run.deadShares.count) >= 0.7
  }
}
