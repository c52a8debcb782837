import Rheoscope

extension Baseline {
  /// UMLAUT.
  ///
  /// Source: Schoop, Huang and Hartmann, "UMLAUT: debugging deep learning programs using program structure and model behavior", CHI 2021.
  static let umlaut = Baseline(
    name: "UMLAUT",
    rules: [
      Rule(
        "NaN in loss",
        ["non-finite values", "non-finite data", "logarithm of zero", "square root at zero", "division by zero"]
      ) { run in
        run.losses.contains(where: \.isNaN)
      },
      // The loss of probabilities gets logits, or the loss of logits gets probabilities.
      Rule("softmax", ["softmax applied twice", "softmax over one value", "sigmoid for several classes"]) { run in
        run.facts.text(.function, of: .loss) == "crossEntropy"
          && ["Softmax", "Sigmoid"].contains(run.sites.last?.kind.rawValue ?? "")
      },
      Rule("missing activation", ["missing activation"]) { run in
        let modules = run.sites.filter { $0.kind != .tensor && $0.call == 0 }
        return zip(modules, modules.dropFirst()).contains { a, b in
          [ModuleKind.linear, .conv2d].contains(a.kind) && [ModuleKind.linear, .conv2d].contains(b.kind)
            && b.depth == a.depth + 1
        }
      },
      Rule("learning rate", ["learning rate too high", "learning rate too low", "learning rate zero"]) { run in
        run.rates.first.map { $0 > 0.01 || $0 < 1e-7 } ?? false
      },
      Rule("overfitting", ["overfitting"]) { run in
        zip(run.validationLosses, run.validationLosses.dropFirst()).contains { $1 > $0 }
      },
      Rule("input not normalized", ["inputs not normalized"]) { run in
        guard let low = run.facts.firstNumber(.minimum, of: .input),
          let high = run.facts.firstNumber(.maximum, of: .input)
        else { return false }
        return low < -1 || high > 1
      },
    ])
}
