import Diagnosis
import Foundation
import RunFile

extension RuleCase {
  static var outcome: [RuleCase] {
    [
      RuleCase(
        "loss does not fall", says: ["at 2.30", "0.00301 of their norm"],
        fault: stay, twin: learn),
      RuleCase(
        "loss does not fall", .warning, says: ["at 2.28, as when"],
        fault: { run in
          run.steps = 400
          run.loss = { 2.3026 - 0.023 * min(Double($0) / 300, 1) + 0.001 * sin(Double($0) * 2.4) }
        }, twin: { run in run.loss = { 2.3026 - 0.1 * min(Double($0) / 300, 1) + 0.001 * sin(Double($0) * 2.4) } }),
      RuleCase(
        "loss diverges", says: ["rises from"],
        fault: { run in run.loss = { 2.3 + 0.1 * Double($0) } }, twin: learn),
      RuleCase(
        "loss oscillates", says: ["changes direction"],
        fault: { run in run.loss = { 2.3 + ($0 % 2 == 0 ? 0.5 : -0.5) } }, twin: stay),
      RuleCase(
        "loss spike", .note, says: ["step 12000"],
        fault: { run in
          (run.steps, run.layers) = (20_000, 1)
          run.loss = { $0 == 12_000 ? 300 : 2.3 * exp(-Double($0) / 4000) + 0.02 * sin(Double($0)) + 0.3 }
        }, twin: { run in run.loss = { 2.3 * exp(-Double($0) / 4000) + 0.1 * sin(Double($0)) + 0.3 } }),
      RuleCase(
        "overfitting", .warning, says: ["at step 20"],
        fault: { run in
          run.scalars = [
            (10, "validation_loss", 2), (20, "validation_loss", 1.2), (60, "validation_loss", 1.5),
            (99, "validation_loss", 1.9),
          ]
        }, twin: { $0.scalars = [(10, "validation_loss", 2), (99, "validation_loss", 1)] }, unable: { $0.scalars = [] }),
      // The loss on other samples never rises, but stays far above that of training.
      RuleCase(
        "overfitting", .warning, says: ["ends at 1.50", "times that of training"],
        fault: { run in
          run.scalars = [(10, "validation_loss", 2), (50, "validation_loss", 1.6), (99, "validation_loss", 1.5)]
        },
        twin: {
          $0.scalars = [(10, "validation_loss", 2), (50, "validation_loss", 0.6), (99, "validation_loss", 0.5)]
        }, unable: { $0.scalars = [] }),
    ]
  }
}
