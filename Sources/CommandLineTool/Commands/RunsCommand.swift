import ExperimentHarness
import Foundation
import Rheoscope

extension Command {
  static let runs = Command(
    name: "runs", operands: "DIR|RUN…", operandCount: 1...Int.max,
    summary: "Lists runs, such as all in a folder, with their final loss and gradient factor.",
    flags: [
      Flag(
        name: "--sort", kind: .choice(RunRecord.orders, placeholder: "COLUMN"),
        help: "column to sort by, the smallest first (default: path)"),
      Flag(name: "--reverse", kind: .none, help: "the largest first"),
      .json,
    ])
}

extension Tool {
  /// Lists every run that can be read, then throws the last error of the others.
  func runs(_ arguments: Arguments, typed words: [String]) throws {
    let (records, errors) = eachRun(try runPaths(arguments.operands)) { try RunRecord(try Run(path: $0)) }
    let rows = RunRecord.sorted(
      records, by: arguments["--sort"] ?? "path", largestFirst: arguments["--reverse"] != nil)
    if arguments["--json"] != nil {
      try answer(RunsRecord(runs: rows), errors, typed: words)
    } else if !rows.isEmpty {
      console.print(columns([RunRecord.headings] + rows.map(\.cells)))
    }
    try finish(errors)
  }
}

/// A row in the list of runs.
extension RunRecord {
  fileprivate static let headings = [
    "run", "experiment", "variant", "seed", "steps", "final loss", "factor", "started", "",
  ]

  fileprivate var cells: [String] {
    [
      path, experiment ?? "–", variant ?? "–", seed.map(String.init) ?? "–", "\(steps)",
      steps == 0 ? "–" : formatPlain(finalLoss), gradientFactor.map { formatPlain($0) } ?? "–", started ?? "–",
      isFinished ? "" : "not finished",
    ].map(\.escapedForTerminal)
  }

  /// The columns to sort by.
  fileprivate static let orders = ["path", "variant", "seed", "steps", "loss", "factor", "started"]

  /// Rows in the order of a column; those without a value and with NaN come last.
  fileprivate static func sorted(_ rows: [RunRecord], by column: String, largestFirst: Bool) -> [RunRecord] {
    func by<Key: Comparable>(_ key: (RunRecord) -> Key?) -> [RunRecord] {
      rows.sorted { first, second in
        guard let a = key(first), a == a else { return false }
        guard let b = key(second), b == b else { return true }
        return largestFirst ? b < a : a < b
      }
    }
    return switch column {
    case "variant": by(\.variant)
    case "seed": by(\.seed)
    case "steps": by(\.steps)
    case "loss": by(\.finalLoss)
    case "factor": by(\.gradientFactor)
    case "started": by(\.started)
    default: by(\.path)
    }
  }
}
