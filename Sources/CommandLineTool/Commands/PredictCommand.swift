import ExperimentHarness
import Experiments
import Foundation
import Rheoscope
import Support

extension Command {
  static let predict = Command(
    name: "predict", operands: "EXPERIMENT", operandCount: 1...1,
    summary: "Tells from one pass before training which layers of an experiment's nets will not learn.",
    flags: [dataFolder])

  /// `predict` for one experiment, with its settings.
  static func predict(_ experiment: Experiment) -> Command {
    Command(
      name: "predict \(experiment.name)", operands: "", operandCount: 1...1,
      summary: "Tells from one pass before training which layers of its nets will not learn.",
      flags: experiment.settings.filter { !Setting.ofTrials.union(["steps", "learning-rate"]).contains($0.name) }
        .map { Flag($0) }
        + [dataFolder])
  }

  private static let dataFolder = Flag(
    name: "--data", kind: .path(placeholder: "DIR"), help: "folder with Fashion-MNIST's four files")
}

extension Tool {
  func predict(_ words: some Sequence<String>) throws {
    let words = Array(words)
    guard let name = Arguments.firstOperand(of: words, .predict) else {
      throw UsageError.missingOperand(command: Command.predict.name, operands: Command.predict.operands)
    }
    let experiment = try experiment(name), arguments = try Arguments(words, for: .predict(experiment))
    var settings = experiment.settings(in: .standard)
    for setting in experiment.settings {
      if let value = arguments["--" + setting.name].flatMap({ Double($0) }) { settings[setting.name] = value }
    }
    let predictions = try experiment.predictions(settings, data: arguments["--data"] ?? FashionMNIST.defaultDirectory)
    console.print(table(of: predictions))
    for prediction in predictions where !prediction.start.findings.isEmpty {
      console.print("\n\(prediction.variant):")
      for finding in prediction.start.findings { console.print("\(finding)") }
    }
  }

  private func table(of predictions: [Prediction]) -> String {
    var rows = [["variant", "gradient factor", "in theory", "layers reached", "first loss"]]
    for prediction in predictions {
      let start = prediction.start
      rows.append([
        prediction.variant, start.profile?.factor.map { formatPlain($0) } ?? "–",
        prediction.theory.map { formatPlain($0) } ?? "–", start.reached.map { "\($0.count) of \($0.of)" } ?? "–",
        formatPlain(start.loss),
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
    return rows.map { row in
      zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ").trimmed
    }.joined(separator: "\n")
  }
}

extension String {
  /// Without blanks at the end.
  fileprivate var trimmed: String { String(reversed().drop { $0 == " " }.reversed()) }
}
