import ExperimentHarness
import Foundation
import Rheoscope
import Support

extension Command {
  static let compare = Command(
    name: "compare", operands: "DIR|RUN…", operandCount: 1...Int.max,
    summary:
      "Compares runs: settings that differ, final losses and gradient factors over seeds, and what diagnose finds.",
    flags: [.json])
}

extension Tool {
  /// Compares the runs that can be read, then throws the last error of the others.
  func compare(_ arguments: Arguments, typed words: [String]) throws {
    let (reports, errors) = eachRun(try runPaths(arguments.operands)) { path in
      try Diagnosed(try Run(path: path), at: path, rules: [any Rule].all)
    }
    let sides = try VariantRuns.all(reports, run: \.run).map { try ComparedRuns($0) }
    guard sides.count > 1 || !errors.isEmpty else { throw NothingToCompare() }
    if arguments["--json"] != nil {
      struct Contents: Encodable {
        let differences: [String: [String: String]]
        let runs: [ComparedRuns]
      }
      let contents = Contents(differences: ComparedRuns.differences(between: sides), runs: sides)
      try answer(contents, errors, typed: words)
    } else if !sides.isEmpty {
      console.print(ComparedRuns.text(of: sides, reports.map(\.path)))
    }
    try finish(errors)
  }
}

/// All runs are of one variant.
private struct NothingToCompare: Error, CustomStringConvertible {
  let description =
    "there is nothing to compare: all runs are of one variant; name runs of two, or two runs without one"
}

/// Runs of one variant, with the median over their seeds.
private struct ComparedRuns: Encodable {
  let name: String
  let paths: [String]
  let steps: Int
  let finalLosses, testAccuracies, gradientFactors: [Double]
  let findings: [String]
  private let settings: [String: String]

  init(_ variant: VariantRuns<Diagnosed>) throws {
    let group = variant.items, run = group[0].run
    name = variant.name
    paths = group.map(\.path)
    steps = group.map(\.run.steps.count).min()!
    finalLosses = group.map(\.run.finalLoss)
    testAccuracies = group.compactMap { $0.run.meta[.testAccuracy].flatMap(Double.init) }
    gradientFactors = try group.compactMap { try $0.run.summary().gradientFactor }
    findings = joint(group.map(\.findings)).filter { $0.finding.severity > .note }.map { $0.finding.rule }
    // What each run has of its own says nothing about the variant.
    let own: Set<MetaKey> = [
      .started, .finished, .seed, .command, .testAccuracy, .variant, .model, .predictedGradientFactor,
      .predictedGradientProfile,
    ]
    settings = Dictionary(
      uniqueKeysWithValues: run.meta.filter { !own.contains($0.key) }.map { ($0.key.rawValue, $0.value) })
  }

  private enum CodingKeys: CodingKey { case name, paths, steps, finalLosses, testAccuracies, gradientFactors, findings }

  /// The settings whose values differ, by name, and the value of each side.
  static func differences(between sides: [ComparedRuns]) -> [String: [String: String]] {
    let names = Set(sides.flatMap(\.settings.keys)).filter { name in
      Set(sides.map { $0.settings[name] }).count > 1
    }
    return Dictionary(
      uniqueKeysWithValues: names.map { name in
        (
          name,
          Dictionary(sides.map { ($0.name, $0.settings[name] ?? "none") }, uniquingKeysWith: { first, _ in first })
        )
      })
  }

  static func text(of sides: [ComparedRuns], _ paths: [String]) -> String {
    func median(_ values: [Double]) -> String { MedianInterval(values)?.text ?? "–" }
    var rows = [["runs", "seeds", "steps", "final loss", "test accuracy", "gradient factor", "found"]]
    rows += sides.map { side in
      [
        side.name, "\(side.paths.count)", "\(side.steps)", median(side.finalLosses), median(side.testAccuracies),
        median(side.gradientFactors), side.findings.isEmpty ? "nothing wrong" : side.findings.joined(separator: ", "),
      ]
    }
    var parts = [columns(rows.map { $0.map(\.escapedForTerminal) })]
    let differences = differences(between: sides)
    if differences.isEmpty {
      parts.append("no recorded setting differs")
    } else {
      let rows =
        [["setting"] + sides.map(\.name)]
        + differences.keys.sorted().map { name in [name] + sides.map { $0.settings[name] ?? "–" } }
      parts.append(columns(rows.map { $0.map(\.escapedForTerminal) }))
    }
    if sides.contains(where: { $0.paths.count > 1 }) {
      let most = sides.map(\.paths.count).max()!
      parts.append("Each number is the median over seeds; \(MedianInterval.meaning(seeds: most)).")
    }
    // A command with more runs would fill the screen.
    if paths.count <= 4 {
      parts.append("see: " + commandLine(["render", "--chart", paths.count == 2 ? "comparison" : "loss"] + paths))
    }
    return parts.joined(separator: "\n\n")
  }
}
