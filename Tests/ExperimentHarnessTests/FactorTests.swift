import ExperimentHarness
import Experiments
import Foundation
import Rheoscope
import TestSupport
import Testing

@Suite struct FactorTests {
  /// A deep sigmoid net at a learning rate at which it learns nothing, so that its gradient vanishes and a rule reports it.
  private let experiment = Experiment(
    name: "tiny", question: "?",
    settings: [.depth(12), .width(16), .batch(8), .steps(24), .learningRate(1e-6), .seeds(1)],
    variants: [
      Variant("sigmoid", "a deep sigmoid net", testImages: 8, net: { DeepNet($0, activation: { Sigmoid() }) })
    ], claims: [], figures: [.chart("gradient-profile")])

  /// The number that follows × or "multiplied by" in a text.
  private func factor(in text: String) throws -> String {
    String(try #require(text.firstMatch(of: /(?:×|multiplied by )([0-9.]+)/)).1)
  }

  @Test func theFactorIsTheSameNumberEverywhere() throws {
    try withTemporaryFolder { folder in
      let options = RunOptions(output: folder, command: "")
      _ = try experiment.run(experiment.settings(in: .standard), options, console: Console(isQuiet: true))
      let run = try Run(path: folder + "/sigmoid/seed-0.rheo")
      let value = try #require(try GradientProfile.of(run)?.factor)

      let data = try Data(contentsOf: URL(filePath: folder + "/summary.json"))
      let summary = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      let variant = try #require((summary["variants"] as? [[String: Any]])?.first)
      let measured = try #require(
        (variant["measured"] as? [[String: Any]])?.first { $0["name"] as? String == MetricNames.gradientFactor })
      #expect(measured["perSeed"] as? [Double] == [value] && measured["median"] as? Double == value)
      #expect(try run.summary().gradientFactor == value, "the run file's own summary")

      let text = formatPlain(value)
      #expect(text.hasPrefix("0.") && text.count == 5, "\(text)")
      let label = try Chart.gradientProfile(of: run).panels[0].directLabels[0].detail
      #expect(try factor(in: label) == text && label.contains("per layer"), "the chart's label: \(label)")
      let picture = try Chart.gradientProfile(of: run).description
      #expect(try factor(in: picture) == text, "the alternative text: \(picture)")
      let finding = try #require(diagnose(run).first { $0.rule == "vanishing gradient" })
      #expect(try factor(in: finding.statement) == text, "the verdict: \(finding.statement)")

      let report = try String(contentsOfFile: folder + "/report.md", encoding: .utf8)
      let rows = report.split(separator: "\n").filter { $0.hasPrefix("|") }.map { row in
        row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      }
      let column = try #require(rows.first?.firstIndex(of: MetricNames.gradientFactor), "\(rows)")
      #expect(rows.first { $0[0] == "sigmoid" }?[column] == text, "report.md: \(rows)")
    }
  }
}
