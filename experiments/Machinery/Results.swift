import Rheoscope

/// What the runs of an experiment showed.
package struct Results: Sendable {
  let experiment: Experiment
  let settings: Settings
  /// Variants in the experiment's order, and the seeds of each from 0.
  let trials: [Trial]

  /// Results made of their parts.
  package init(experiment: Experiment, settings: Settings, trials: [Trial]) {
    self.experiment = experiment
    self.settings = settings
    self.trials = trials
  }

  /// One number of each seed of a variant; nil if a seed has none.
  func values(of variant: Variant, _ number: (Trial) -> Double?) -> [Double]? {
    let all = trials(of: variant).map(number)
    return all.contains(nil) ? nil : all.map { $0! }
  }

  func trials(of variant: Variant) -> [Trial] { trials.filter { $0.variant == variant.name } }

  /// What became of each claim.
  package var judgements: [Judgement] { experiment.claims.map { $0.judged(self) } }
}

/// What one training run showed.
package struct Trial: Sendable {
  let variant: String
  let seed: Int
  /// The mean loss over the last twenty steps, or all if there are fewer.
  let finalLoss: Double
  /// The share of test images that are classified right, from 0 to 1.
  let testAccuracy: Double
  /// By how much a layer multiplies dL/d(its output) going back, at step 0, fitted over interior layers; nil where there are
  /// too few layers or a gradient is not finite.
  let gradientFactor: Double?

  /// A trial made of what it showed.
  package init(variant: String, seed: Int, finalLoss: Double, testAccuracy: Double, gradientFactor: Double?) {
    self.variant = variant
    self.seed = seed
    self.finalLoss = finalLoss
    self.testAccuracy = testAccuracy
    self.gradientFactor = gradientFactor
  }
}

extension Run {
  /// The factor a layer that fits the gradients of the layers with weights at the first step.
  func gradientFactorAtStart() throws -> Double? {
    let gradients = try layers(.gradientRMS)
    let profile = sites.indices.filter { sites[$0].kind == "Linear" }.map { site in
      (depth: Double(sites[site].depth), value: gradients[site, 0] ?? .nan)
    }
    guard profile.allSatisfy({ $0.value.isFinite && $0.value > 0 }) else { return nil }
    return GeometricFit(interiorOf: profile)?.factorGoingBack
  }

  /// The mean loss over the last `count` steps.
  func finalLoss(over count: Int = 20) -> Double {
    let last = steps.suffix(count)
    return last.reduce(0) { $0 + $1.loss } / Double(last.count)
  }
}
