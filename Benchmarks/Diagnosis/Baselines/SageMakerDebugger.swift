import Rheoscope

extension Baseline {
  /// The built-in rules of Amazon SageMaker Debugger with their default constants.
  ///
  /// Source: List of Debugger built-in rules, Amazon SageMaker Developer Guide.
  static let sageMakerDebugger = Baseline(
    name: "SageMaker Debugger",
    rules: [
      Rule("ExplodingTensor", ["non-finite values", "exploding gradient", "float16 overflow", "loss diverges"]) {
        $0.isNonfinite
      },
      // mean |g| < 1e-7.
      Rule("VanishingGradient", ["vanishing gradient"]) { run in
        run.gradientNorms.indices.contains { parameter in
          run.gradientNorms[parameter].indices.contains { run.meanGradient(parameter, $0).map { $0 < 1e-7 } ?? false }
        }
      },
      // More than 50 % of a layer's units inactive for 99 % of the time.
      Rule("DeadRelu", ["dead units", "units dying over time"]) { run in run.deadShares.contains { $0 > 0.5 } },
      Rule("Tanh, Sigmoid", ["saturated units"]) { run in
        run.isSaturated("Tanh", beyond: -9.5...9.5, share: 0.5)
          || run.isSaturated("Sigmoid", beyond: -23...17, share: 0.5)
      },
      // Update over weight outside of 1e-8 to 10.
      Rule("WeightUpdateRatio", ["learning rate too high", "learning rate too low"]) { run in
        run.updateNorms.indices.contains { parameter in
          run.updateNorms[parameter].indices.contains { step in
            guard let update = run.updateNorms[parameter][step], let norm = run.norms[parameter][step], norm > 0 else {
              return false
            }
            return update / norm > 10 || update / norm < 1e-8
          }
        }
      },
      // Equal values over 3 steps.
      Rule(
        "UnchangedTensor",
        [
          "optimizer does not step", "frozen parameters", "parameters in no optimizer", "parameters without gradient",
          "learning rate zero",
        ]
      ) { run in
        run.norms.contains { row in
          let values = row.compactMap { $0 }
          return values.count >= 3 && zip(values.dropFirst(2), values).contains { $0 == $1 }
            && zip(values.dropFirst(1), values).contains { $0 == $1 }
        }
      },
      // All values 0.
      Rule("AllZero", ["dead units", "constant initialization", "zero gradient"]) { run in
        run.zeros.contains { $0.contains { $0 ?? 0 >= 1 } } || run.gradientNorms.contains { $0.contains { $0 == 0 } }
      },
      // The variance of activations or gradients between layers differs by more than a factor of 10.
      Rule(
        "PoorWeightInitialization", ["initialization too large", "initialization too small", "constant initialization"]
      ) { run in
        let values = run.sites.indices.filter { run.sites[$0].isLayer }.compactMap { site in
          run.deviations[site].lazy.compactMap { $0 }.first.map { $0 * $0 }
        }
        return zip(values, values.dropFirst()).contains { a, b in a > 0 && b > 0 && max(a / b, b / a) > 10 }
      },
      // The largest class over the smallest by a factor of 10.
      Rule("ClassImbalance", ["classes unbalanced", "constant targets"]) { run in
        guard let counts = run.facts.json(.classCounts, of: .target, as: [Double].self), let most = counts.max(),
          let least = counts.min()
        else { return false }
        return most > 10 * max(least, 1)
      },
      // The gap of validation and training loss over the training loss above 0.1.
      Rule("Overfit", ["overfitting"]) { run in
        guard let last = run.validationLosses.last, let training = RecordedNumbers.epochs(run.losses).last else {
          return false
        }
        return (last - training) / training > 0.1
      },
      // Less than 0.1 % below the loss of 10 steps before.
      Rule("LossNotDecreasing", ["loss does not fall", "loss diverges"]) { run in
        stride(from: 10, to: run.losses.count, by: 10).contains { run.losses[$0] > 0.999 * run.losses[$0 - 10] }
      },
    ])
}
