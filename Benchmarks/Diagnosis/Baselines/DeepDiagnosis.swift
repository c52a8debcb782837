import Rheoscope

extension Baseline {
  /// DeepDiagnosis.
  ///
  /// Source: Wardat, Cruz, Le and Rajan, "DeepDiagnosis: automatically diagnosing faults and recommending actionable fixes in deep learning
  /// programs", ICSE 2022; constants of its published program.
  static let deepDiagnosis = Baseline(
    name: "DeepDiagnosis",
    rules: [
      Rule("numerical error", ["non-finite values", "non-finite data", "logarithm of zero", "float16 overflow"]) {
        run in
        run.isNonfinite || run.losses.contains(0)
      },
      // At least 70 % of a ReLU's outputs are 0.
      Rule("dead node", ["dead units", "units dying over time"]) { run in
        run.sites.indices.contains { site in
          run.sites[site].kind == .relu && run.zeros[site].contains { $0 ?? 0 >= 0.7 }
        }
      },
      // More than half of the inputs beyond ±5.
      Rule("saturated activation", ["saturated units", "initialization too large"]) { run in
        run.isSaturated("Tanh", beyond: -5...5, share: 0.5) || run.isSaturated("Sigmoid", beyond: -5...5, share: 0.5)
      },
      // mean |g| < 1e-7.
      Rule("vanishing gradient", ["vanishing gradient"]) { run in
        run.gradientNorms.indices.contains { parameter in
          run.gradientNorms[parameter].indices.contains { run.meanGradient(parameter, $0).map { $0 < 1e-7 } ?? false }
        }
      },
      // The variance of a weight above 10.
      Rule("exploding tensor", ["exploding gradient", "initialization too large", "learning rate too high"]) { run in
        run.norms.indices.contains { parameter in
          run.norms[parameter].contains { ($0 ?? 0) * ($0 ?? 0) / run.elementCounts[parameter] > 10 }
        }
      },
      Rule("out of range", ["outputs cannot reach targets"]) { run in
        guard let last = run.sites.last, let low = run.facts.firstNumber(.minimum, of: .target),
          let high = run.facts.firstNumber(.maximum, of: .target)
        else { return false }
        return switch last.kind.rawValue {
        case "Sigmoid": low < 0 || high > 1
        case "Tanh": low < -1 || high > 1
        case "ReLU": low < 0
        default: false
        }
      },
      // η‖g‖ / ‖w‖ outside of 1e-5 to 0.1.
      Rule("learning rate", ["learning rate too high", "learning rate too low", "learning rate zero"]) { run in
        guard let rate = run.rates.first else { return false }
        return run.gradientNorms.indices.contains { parameter in
          run.gradientNorms[parameter].indices.contains { step in
            guard let gradient = run.gradientNorms[parameter][step], let norm = run.norms[parameter][step], norm > 0
            else { return false }
            let ratio = rate * gradient / norm
            return ratio < 1e-5 || ratio > 0.1
          }
        }
      },
      Rule("loss not decreasing", ["loss does not fall", "loss diverges"]) { run in
        let epochs = RecordedNumbers.epochs(run.losses)
        return zip(epochs, epochs.dropFirst()).allSatisfy { $1 >= $0 }
      },
      Rule(
        "unchanged weight",
        [
          "optimizer does not step", "frozen parameters", "parameters in no optimizer", "parameters without gradient",
          "learning rate zero",
        ]
      ) { run in
        run.norms.contains { row in
          let values = row.compactMap { $0 }
          return values.count >= 3
            && zip(values, zip(values.dropFirst(), values.dropFirst(2))).contains { $0 == $1.0 && $0 == $1.1 }
        }
      },
    ])
}
