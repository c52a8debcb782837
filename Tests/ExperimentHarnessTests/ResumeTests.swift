import ExperimentHarness
import Experiments
import Foundation
import Rheoscope
import Synchronization
import TestSupport
import Testing

/// Runs that fail and are resumed.
@Suite struct ResumeTests {
  /// Counts training steps by variant, and lets one variant fail after its training.
  private final class Trainings: Sendable {
    private struct State {
      var steps: [String: Int] = [:]
      var fails = false
    }
    private let state = Mutex(State())

    func begin(failing: Bool) { state.withLock { $0 = State(fails: failing) } }
    func count(_ variant: String) { state.withLock { $0.steps[variant, default: 0] += 1 } }
    var steps: [String: Int] { state.withLock { $0.steps } }
    var fails: Bool { state.withLock { $0.fails } }
  }

  private struct Failure: Error, CustomStringConvertible { let description = "the second variant failed" }

  private let trainings = Trainings()

  private func experiment(isRecorded: Bool = true) -> Experiment {
    @Sendable func variant(_ name: String) -> Variant {
      Variant(
        name, "one layer",
        loss: { [trainings] logits, labels in
          trainings.count(name)
          return crossEntropy(logits, labels)
        }, testImages: 10, isRecorded: isRecorded,
        afterTraining: { [trainings] context, net in
          context.report("odd", .nan, .never)
          context.report("missing", nil)
          context.report("large", -.infinity, .within(0.1))
          context.report("curve", [-0.0, 1 / 3, .nan], over: [1, 2, 3])
          context.report("table", rows: [[1e-300], []])
          if name == "b", trainings.fails { throw Failure() }
        }, net: { _ in Linear(784, 10) })
    }
    return Experiment(
      name: "two", question: "Do two nets train?",
      settings: [.batch(8), .steps(25), .learningRate(0.01), .seeds(1)], variants: [variant("a"), variant("b")],
      claims: [
        Claim("the loss is small", expected: .exactly(0), source: "") { try $0.series("curve", of: variant("a")).y[1] }
      ],
      figures: [
        ExperimentFigure("numbers", "Numbers") { results in
          let series = results.series("curve", of: variant("a"))
          return Figure(
            title: "\(series.map { "\($0.y)" }) \(results.values("large", of: variant("b")))",
            panels: [Panel(x: Axis(.linear, "x"), y: Axis(.linear, "y"))],
            description: "Numbers.")
        }
      ])
  }

  private func run(
    _ experiment: Experiment, in folder: String, resuming: [String: Double]? = nil, seeds: Int = 1
  ) throws {
    var options = RunOptions(
      output: folder + "/x", command: "./rheoscope run two", date: Date(timeIntervalSince1970: 0))
    options.checkpointInterval = 10
    options.jobs = 1
    options.resuming = resuming
    var settings = experiment.settings(in: .standard)
    settings.seeds = seeds
    try experiment.run(settings, options, console: Console(isQuiet: true))
  }

  /// Fails once, and returns the folder of the interrupted run.
  private func fail(_ experiment: Experiment, in folder: String) throws -> String {
    trainings.begin(failing: true)
    #expect(throws: Failure.self) { try run(experiment, in: folder) }
    #expect(trainings.steps == ["a": 25, "b": 25])
    trainings.begin(failing: false)
    return folder + "/x/interrupted"
  }

  /// All files of results, without what clocks show.
  private func results(in folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for file in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(file)") else { continue }
      files[file] = file.hasSuffix(".rheo") || file == "manifest.json" ? Data() : data
    }
    return files
  }

  @Test(arguments: [true, false]) func aResumedRunIsThatWithoutABreak(_ isRecorded: Bool) throws {
    try withTemporaryFolder { folder in
      let experiment = experiment(isRecorded: isRecorded)
      trainings.begin(failing: false)
      try run(experiment, in: folder + "/whole")
      _ = try fail(experiment, in: folder)
      try run(experiment, in: folder, resuming: ["steps": 25])
      #expect(trainings.steps == ["b": 5], "a is finished, and b has a checkpoint after step 20")
      let whole = folder + "/whole/x", resumed = folder + "/x"
      #expect(try results(in: resumed) == results(in: whole))
      if isRecorded {
        for file in ["a/seed-0.rheo", "b/seed-0.rheo"] {
          #expect(try RunComparison.differences(between: "\(whole)/\(file)", and: "\(resumed)/\(file)") == [])
        }
      }
      let manifests = try [whole, resumed].map { try Data(contentsOf: URL(filePath: $0 + "/manifest.json")) }.map {
        try #require(try JSONSerialization.jsonObject(with: $0) as? [String: Any])
      }
      #expect(manifests[0]["dataHash"] as? String == manifests[1]["dataHash"] as? String)
      #expect(manifests[0]["command"] as? String == manifests[1]["command"] as? String)
    }
  }

  @Test func damagedFilesOfATrialBeginItAgain() throws {
    try withTemporaryFolder { folder in
      let experiment = experiment()
      for (number, path) in ["b/seed-0.checkpoint", "b/seed-0.rheo", "a/seed-0.results.json"].enumerated() {
        let kept = try fail(experiment, in: "\(folder)/\(number)")
        let data = try Data(contentsOf: URL(filePath: "\(kept)/\(path)"))
        try data.prefix(data.count / 2).write(to: URL(filePath: "\(kept)/\(path)"))
        try run(experiment, in: "\(folder)/\(number)", resuming: [:])
        #expect(trainings.steps == (path.hasPrefix("b") ? ["b": 25] : ["a": 25, "b": 5]), "\(path)")
      }
    }
  }

  @Test func refusesARunThatBeganOtherwise() throws {
    try withTemporaryFolder { folder in
      let experiment = experiment()
      func message(_ asked: [String: Double] = [:]) throws -> String {
        do {
          try run(experiment, in: folder, resuming: asked)
          return "no error"
        } catch {
          return "\(error)".replacing(folder + "/", with: "")
        }
      }
      #expect(try message() == "x: no interrupted run is there; run from the beginning instead")
      let kept = try fail(experiment, in: folder), before = try results(in: kept)
      let advice = "; resume it as it was begun, or run from the beginning"
      #expect(
        try message(["steps": 30])
          == "x/interrupted: can't go on with this run (it was begun with steps 25, not 30)" + advice)
      let file = kept + "/unfinished.json", text = try String(contentsOfFile: file, encoding: .utf8)
      func edit(_ old: String, _ new: String) throws {
        #expect(text.contains(old), "\(old)")
        try text.replacing(old, with: new).write(toFile: file, atomically: true, encoding: .utf8)
      }
      try edit("\"\(rheoscopeVersion)\"", "\"0.0.1\"")
      #expect(try message() == "x/interrupted: can't go on with this run (it was begun by version 0.0.1)" + advice)
      try edit("\"threads\" : 1", "\"threads\" : -1")
      #expect(
        try message()
          == "x/interrupted/unfinished.json: threads is -1, not a whole number from 1 to 1024; run the experiment again"
      )
      try edit("\"batch\" : 8", "\"batch\" : -8")
      #expect(try message().hasPrefix("x/interrupted/unfinished.json: "))
      try text.write(toFile: file, atomically: true, encoding: .utf8)
      #expect(try results(in: kept) == before)
      try run(experiment, in: folder, resuming: [:])
    }
  }

  @Test func anInterruptedRunStaysWhereAnotherBegins() throws {
    try withTemporaryFolder { folder in
      let experiment = experiment(), kept = try fail(experiment, in: folder), before = try results(in: kept)
      try run(experiment, in: folder)
      #expect(try results(in: kept) == before)
      trainings.begin(failing: false)
      try run(experiment, in: folder, resuming: [:])
      #expect(trainings.steps == ["b": 5])
      #expect(!FileManager.default.fileExists(atPath: kept))
    }
  }
}
