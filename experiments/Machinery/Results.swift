import Rheoscope

/// What all trials of an experiment came to.
struct Results {
  let settings: Settings
  let trials: [TrialResult]
  let predictions: [String: Double]

  /// The trials of a variant, by seed.
  func of(_ variant: String) -> [TrialResult] { trials.filter { $0.variant == variant } }

  /// The gradient factor a layer that theory predicts for a variant.
  func prediction(_ variant: String) -> Double? { predictions[variant] }
}

/// What one net, trained from one seed, came to.
struct TrialResult: Sendable {
  let variant: String
  let seed: Int
  let runPath: String
  /// The mean training loss over the last twentieth of the steps; NaN if one of them is.
  let finalLoss: Double
  /// The share of test pictures named rightly, 0 to 1.
  let testAccuracy: Double
  /// The factor a layer at step 0, fitted over the interior layers; nil where gradients are zero or not finite.
  let gradientFactor: Double?
}
