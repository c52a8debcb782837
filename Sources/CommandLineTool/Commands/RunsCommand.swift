import ExperimentHarness
import Foundation
import Rheoscope

extension Command {
  static let runs = Command(
    name: "runs", operands: "DIR|RUN…", operandCount: 1...Int.max,
    summary: "Lists runs, such as all in a folder, with their final loss and gradient factor.",
    flags: [
      Flag(
        name: "--sort", kind: .choice(RunRow.orders, placeholder: "COLUMN"),
        help: "column to sort by, the smallest first (default: path)"),
      Flag(name: "--reverse", kind: .none, help: "the largest first"),
      Flag(name: "--json", kind: .none, help: "prints one JSON object, for programs"),
    ])
}

extension Tool {
  /// Lists every run that can be read, then throws the last error of the others.
  func runs(_ arguments: Arguments, typed words: [String]) throws {
    var (rows, errors) = eachRun(try runPaths(arguments.operands)) { try RunRow(path: $0) }
    rows = RunRow.sorted(rows, by: arguments["--sort"] ?? "path", largestFirst: arguments["--reverse"] != nil)
    if arguments["--json"] != nil {
      struct Contents: Encodable { let runs: [RunRow] }
      console.printAsIs(
        try JSONFrame(command: commandLine(words), data: Contents(runs: rows), errors: errors.map { wording(of: $0) })
          .text)
    } else if !rows.isEmpty {
      console.print(columns([RunRow.headings] + rows.map(\.cells)))
    }
    try report(errors)
  }
}

/// A run in the list of runs.
private struct RunRow: Encodable {
  let run: RunRecord
  let started: String?
  let gradientFactor: Double?

  init(path: String) throws {
    let run = try Run(path: path)
    self.run = RunRecord(run, at: path)
    started = run.meta[.started]
    gradientFactor = try RunSummary.read(from: path).gradientFactor
  }

  func encode(to encoder: any Encoder) throws {
    try run.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(started, forKey: .started)
    try container.encodeIfPresent(gradientFactor, forKey: .gradientFactor)
  }

  private enum CodingKeys: CodingKey { case started, gradientFactor }

  static let headings = ["run", "experiment", "variant", "seed", "steps", "final loss", "factor", "started", ""]

  var cells: [String] {
    [
      run.path, run.experiment ?? "–", run.variant ?? "–", run.seed.map(String.init) ?? "–", "\(run.steps)",
      run.steps == 0 ? "–" : formatPlain(run.finalLoss), gradientFactor.map { formatPlain($0) } ?? "–", started ?? "–",
      run.isFinished ? "" : "not finished",
    ].map(\.escapedForTerminal)
  }

  /// The columns to sort by.
  static let orders = ["path", "variant", "seed", "steps", "loss", "factor", "started"]

  /// Rows in the order of a column; those without a value and with NaN come last.
  static func sorted(_ rows: [RunRow], by column: String, largestFirst: Bool) -> [RunRow] {
    func by<Key: Comparable>(_ key: (RunRow) -> Key?) -> [RunRow] {
      rows.sorted { first, second in
        guard let a = key(first), a == a else { return false }
        guard let b = key(second), b == b else { return true }
        return largestFirst ? b < a : a < b
      }
    }
    return switch column {
    case "variant": by(\.run.variant)
    case "seed": by(\.run.seed)
    case "steps": by(\.run.steps)
    case "loss": by(\.run.finalLoss)
    case "factor": by(\.gradientFactor)
    case "started": by(\.started)
    default: by(\.run.path)
    }
  }
}
