import ExperimentHarness
import Foundation
import Rheoscope
import Support

extension Command {
  static let info = Command(
    name: "info", operands: "RUN…", operandCount: 1...Int.max,
    summary: "Prints what runs are and what is recorded in them, and which rules of diagnose need more.",
    flags: [Flag(name: "--json", kind: .none, help: "prints one JSON object, for programs")])
}

extension Tool {
  /// Describes every run that can be read, then throws the last error of the others.
  func info(_ arguments: Arguments, typed words: [String]) throws {
    let (infos, errors) = eachRun(try runPaths(arguments.operands)) { try RunInfo(path: $0) }
    if arguments["--json"] != nil {
      struct Contents: Encodable { let runs: [RunInfo] }
      console.printAsIs(
        try JSONFrame(command: commandLine(words), data: Contents(runs: infos), errors: errors.map { wording(of: $0) })
          .text)
    } else {
      console.print(infos.map(\.text).joined(separator: "\n\n"))
    }
    try report(errors)
  }
}

/// What a run is, and what is recorded in it.
private struct RunInfo: Encodable {
  let run: RunRecord
  let format: Int
  let firstStep, lastStep: Int?
  let layers, sites, parameters, parameterElements: Int
  /// Rows of the table `meta` but those that are above.
  let settings: [String: String]
  let perLayer, perParameter, measures, scalars: [String]
  let events: [String: Int]
  let facts: Int
  let notChecked: [String]

  init(path: String) throws {
    let run = try Run(path: path)
    self.run = RunRecord(run, at: path)
    format = run.format
    (firstStep, lastStep) = (run.steps.first?.step, run.steps.last?.step)
    (layers, sites) = (run.sites.count { $0.isLayer }, run.sites.count)
    let summary = try RunSummary.read(from: path)
    (parameters, parameterElements) = (run.parameters.count, summary.parameterCount)
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

  func encode(to encoder: any Encoder) throws {
    try run.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(format, forKey: .format)
    try container.encodeIfPresent(firstStep, forKey: .firstStep)
    try container.encodeIfPresent(lastStep, forKey: .lastStep)
    for (key, number) in [
      (.layers, layers), (.sites, sites), (.parameters, parameters), (.parameterElements, parameterElements),
      (.facts, facts),
    ] as [(CodingKeys, Int)] { try container.encode(number, forKey: key) }
    for (key, names) in [
      (.perLayer, perLayer), (.perParameter, perParameter), (.measures, measures), (.scalars, scalars),
      (.notChecked, notChecked),
    ] as [(CodingKeys, [String])] { try container.encode(names, forKey: key) }
    try container.encode(settings, forKey: .settings)
    try container.encode(events, forKey: .events)
  }

  private enum CodingKeys: CodingKey {
    case format, firstStep, lastStep, layers, sites, parameters, parameterElements, settings, perLayer, perParameter,
      measures, scalars, events, facts, notChecked
  }

  /// The same in lines.
  var text: String {
    let name = [run.experiment, run.variant].compactMap { $0 }.joined(separator: " · ")
    let title = [
      name.isEmpty ? nil : name, run.seed.map { "seed \($0)" }, run.isFinished ? "finished" : "not finished",
    ]
    let range = firstStep.map { " (\($0) to \(lastStep!)), final loss \(formatPlain(run.finalLoss))" } ?? ""
    var rows = [
      ["run", title.compactMap { $0 }.joined(separator: ", ")], ["file", "format \(format)"],
      ["steps", "\(run.steps)" + range],
      [
        "net",
        "\(counted(layers, "layer")), \(counted(sites, "site")), \(counted(parameters, "parameter")) of "
          + counted(parameterElements, "element"),
      ],
    ]
    rows += settings.sorted { $0.key < $1.key }.map { [$0.key.replacingOccurrences(of: "_", with: " "), $0.value] }
    rows += [
      ("per layer", perLayer), ("per parameter", perParameter), ("measures", measures), ("scalars", scalars),
      ("events", events.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }),
    ].map { [$0.0, $0.1.isEmpty ? "none" : $0.1.joined(separator: ", ")] }
    rows.append(["facts", "\(facts)"])
    let table = columns(rows.map { $0.map(\.escapedForTerminal) }).split(separator: "\n").map { "  " + $0 }
    return ([run.path.escapedForTerminal] + table + notChecked.map { "  " + $0.escapedForTerminal })
      .joined(separator: "\n")
  }
}
