import ExperimentHarness
import Foundation
import Rheoscope
import Support

extension Command {
  static let info = Command(
    name: "info", operands: "RUN…", operandCount: 1...Int.max,
    summary: "Prints what runs are and what is recorded in them, and which rules of diagnose need more.",
    flags: [.json])
}

extension Tool {
  /// Describes every run that can be read, then throws the last error of the others.
  func info(_ arguments: Arguments, typed words: [String]) throws {
    let (infos, errors) = eachRun(try runPaths(arguments.operands)) { try RunInfo(path: $0) }
    if arguments["--json"] != nil {
      try answer(RunsRecord(runs: infos), errors, typed: words)
    } else {
      console.print(infos.map(\.text).joined(separator: "\n\n"))
    }
    try finish(errors)
  }
}

/// What a run is, and what is recorded in it.
private struct RunInfo: Encodable {
  let run: RunRecord
  let contents: RunContents

  init(path: String) throws {
    let run = try Run(path: path)
    (self.run, contents) = (try RunRecord(run), try RunContents(run))
  }

  func encode(to encoder: any Encoder) throws {
    try run.encode(to: encoder)
    try contents.encode(to: encoder)
  }

  /// The same in lines.
  var text: String {
    let c = contents
    let name = [run.experiment, run.variant].compactMap { $0 }.joined(separator: " · ")
    let title = [
      name.isEmpty ? nil : name, run.seed.map { "seed \($0)" }, run.isFinished ? "finished" : "not finished",
    ]
    let range = c.firstStep.map { " (\($0) to \(c.lastStep!)), final loss \(formatPlain(run.finalLoss))" } ?? ""
    var rows = [
      ["run", title.compactMap { $0 }.joined(separator: ", ")], ["file", "format \(c.format)"],
      ["steps", "\(run.steps)" + range],
      [
        "net",
        "\(counted(c.layers, "layer")), \(counted(c.sites, "site")), \(counted(c.parameters, "parameter")) of "
          + counted(c.parameterElements, "element"),
      ],
    ]
    rows += c.settings.sorted { $0.key < $1.key }.map { [$0.key.replacingOccurrences(of: "_", with: " "), $0.value] }
    rows += [
      ("per layer", c.perLayer), ("per parameter", c.perParameter), ("measures", c.measures), ("scalars", c.scalars),
      ("events", c.events.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }),
    ].map { [$0.0, $0.1.isEmpty ? "none" : $0.1.joined(separator: ", ")] }
    rows.append(["facts", "\(c.facts)"])
    let table = columns(rows.map { $0.map(\.escapedForTerminal) }).split(separator: "\n").map { "  " + $0 }
    return ([run.path.escapedForTerminal] + table + c.notChecked.map { "  " + $0.escapedForTerminal })
      .joined(separator: "\n")
  }
}

/// What is recorded in a run.
private struct RunContents: Encodable {
  let format: Int
  let firstStep, lastStep: Int?
  let layers, sites, parameters, parameterElements: Int
  /// Rows of the table `meta` but those that are above.
  let settings: [String: String]
  let perLayer, perParameter, measures, scalars: [String]
  let events: [String: Int]
  let facts: Int
  let notChecked: [String]

  init(_ run: Run) throws {
    format = run.format
    (firstStep, lastStep) = (run.steps.first?.step, run.steps.last?.step)
    (layers, sites) = (run.sites.count { $0.isLayer }, run.sites.count)
    (parameters, parameterElements) = (run.parameters.count, try run.summary().parameterCount)
    let shown: Set<MetaKey> = [.format, .experiment, .variant, .seed, .model, "steps", .predictedGradientProfile]
    settings = Dictionary(
      uniqueKeysWithValues: run.meta.filter { !shown.contains($0.key) }.map { ($0.key.rawValue, $0.value) })
    func isRecorded(_ grid: Grid, _ rows: Int) -> Bool { (0..<rows).contains { grid.isRecorded(row: $0) } }
    perLayer = try run.layers(LayerQuantity.allCases).filter { isRecorded($0.grid, $0.sites.count) }
      .map { $0.quantity.column }
    perParameter = try run.weights(WeightQuantity.allCases).filter { isRecorded($0.grid, $0.parameters.count) }
      .map { $0.quantity.column }
    measures = try run.measureNames().map(\.rawValue)
    scalars = try run.scalarNames()
    events = Dictionary(grouping: run.events, by: \.kind.rawValue).mapValues(\.count)
    facts = try run.facts().count
    notChecked = run.steps.isEmpty ? [] : missingRecords(in: try examine(run, rules: [any Rule].all).skipped)
  }
}
