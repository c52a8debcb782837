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
        Claim(.finding, "the loss is small", expected: .exactly(0), source: "") {
          try $0.series("curve", of: variant("a")).y[1]
        }
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
    _ experiment: Experiment, in folder: String, resuming: ResumeRequest? = nil, seeds: Int = 1, jobs: Int = 1,
    data: String? = nil
  ) throws {
    var options = RunOptions(
      output: folder + "/x", command: "./rheoscope run two", date: Date(timeIntervalSince1970: 0))
    options.checkpointInterval = 10
    options.jobs = jobs
    if let data { options.data = data }
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
      try run(experiment, in: folder, resuming: ResumeRequest(settings: ["steps": 25], threads: 1))
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

  /// What happens to the files of an interrupted run, and how many steps the run then trains.
  private static let damages:
    [(name: String, steps: [String: Int], damage: @Sendable (_ kept: String) throws -> Void)] = [
      ("half a checkpoint", ["b": 25], { try halve($0 + "/b/seed-0.checkpoint") }),
      ("half a run file", ["b": 25], { try halve($0 + "/b/seed-0.rheo") }),
      ("half of results", ["a": 25, "b": 5], { try halve($0 + "/a/seed-0.results.json") }),
      ("half the run file of a finished trial", ["a": 25, "b": 5], { try halve($0 + "/a/seed-0.rheo") }),
      ("no checkpoint", ["b": 25], { unlink($0 + "/b/seed-0.checkpoint") }),
      ("no run file", ["b": 25], { unlink($0 + "/b/seed-0.rheo") }),
      ("the run file of another trial", ["b": 25], { try replace($0 + "/b/seed-0.rheo", by: $0 + "/a/seed-0.rheo") }),
      (
        "the results of another trial", ["b": 25],
        { kept in
          try replace(kept + "/b/seed-0.results.json", by: kept + "/a/seed-0.results.json")
          unlink(kept + "/b/seed-0.checkpoint")
        }
      ),
      (
        "another number in results", ["a": 25, "b": 5],
        { kept in
          let path = kept + "/a/seed-0.results.json", text = try String(contentsOfFile: path, encoding: .utf8)
          try text.replacing("-inf", with: "1.0").write(toFile: path, atomically: true, encoding: .utf8)
        }
      ),
      (
        "another number in a checkpoint", ["b": 25],
        { kept in
          var data = try Data(contentsOf: URL(filePath: kept + "/b/seed-0.checkpoint"))
          data[data.count - 100] ^= 1
          try data.write(to: URL(filePath: kept + "/b/seed-0.checkpoint"))
        }
      ),
    ]

  private static func halve(_ path: String) throws {
    let data = try Data(contentsOf: URL(filePath: path))
    try data.prefix(data.count / 2).write(to: URL(filePath: path))
  }

  private static func replace(_ path: String, by other: String) throws {
    try Data(contentsOf: URL(filePath: other)).write(to: URL(filePath: path))
  }

  @Test(arguments: damages.indices) func damagedFilesOfATrialBeginItAgain(_ index: Int) throws {
    try withTemporaryFolder { folder in
      let experiment = experiment(), (name, steps, damage) = Self.damages[index]
      trainings.begin(failing: false)
      try run(experiment, in: folder + "/whole")
      try damage(try fail(experiment, in: folder))
      try run(experiment, in: folder, resuming: ResumeRequest(), jobs: 2)
      #expect(trainings.steps == steps, "\(name)")
      #expect(try results(in: folder + "/x") == results(in: folder + "/whole/x"), "\(name)")
      for file in ["a/seed-0.rheo", "b/seed-0.rheo"] {
        #expect(
          try RunComparison.differences(between: "\(folder)/whole/x/\(file)", and: "\(folder)/x/\(file)") == [],
          "\(name)")
      }
    }
  }

  /// What may pass, such as a locked file, ends the run and leaves all as it is.
  @Test func whatMayPassLosesNothing() throws {
    try withTemporaryFolder { folder in
      let experiment = experiment(), kept = try fail(experiment, in: folder)
      let checkpoint = try Data(contentsOf: URL(filePath: kept + "/b/seed-0.checkpoint"))
      do {
        let lock = try PlainSQL(kept + "/b/seed-0.rheo")
        try lock("BEGIN EXCLUSIVE; DELETE FROM event")
        let error = #expect(throws: RunFileError.self) {
          try run(experiment, in: folder, resuming: ResumeRequest())
        }
        #expect(error?.description.hasSuffix("end that program, or try again when it is done") == true)
        try lock("ROLLBACK")
      }
      #expect(try Data(contentsOf: URL(filePath: kept + "/b/seed-0.checkpoint")) == checkpoint)
      trainings.begin(failing: false)
      try run(experiment, in: folder, resuming: ResumeRequest())
      #expect(trainings.steps == ["b": 5])
    }
  }

  @Test func anotherDataSetIsRefused() throws {
    try withTemporaryFolder { folder in
      let experiment = experiment(), data = folder + "/data"
      try FileManager.default.copyItem(atPath: FashionMNIST.defaultDirectory, toPath: data)
      // The set for tests is that for training.
      try FileManager.default.removeItem(atPath: data + "/t10k-images-idx3-ubyte.gz")
      try FileManager.default.removeItem(atPath: data + "/t10k-labels-idx1-ubyte.gz")
      for part in ["images-idx3", "labels-idx1"] {
        try FileManager.default.copyItem(
          atPath: "\(data)/train-\(part)-ubyte.gz", toPath: "\(data)/t10k-\(part)-ubyte.gz")
      }
      for isFinished in [true, false] {
        let kept = try fail(experiment, in: "\(folder)/\(isFinished)")
        if !isFinished { unlink(kept + "/a/seed-0.results.json") }
        do {
          try run(experiment, in: "\(folder)/\(isFinished)", resuming: ResumeRequest(), data: data)
          Issue.record("it ran with other data")
        } catch {
          #expect(
            "\(error)"
              == "\(data): the data set has changed since the run began; restore it, or run from the beginning")
        }
        #expect(FileManager.default.fileExists(atPath: kept + "/b/seed-0.checkpoint"))
      }
    }
  }

  @Test func theFittingRunIsResumed() throws {
    try withTemporaryFolder { folder in
      let experiment = experiment(), results = folder + "/x", kept = try fail(experiment, in: folder)
      // A copy under another name is the user's own.
      try FileManager.default.copyItem(atPath: kept, toPath: results + "/interrupted-backup")
      func progress(_ request: ResumeRequest? = nil, batch: Double = 8) throws -> Experiment.Progress {
        var options = RunOptions(output: results, command: ""), settings = experiment.settings(in: .standard)
        options.resuming = request
        settings["batch"] = batch
        return try experiment.progress(settings, options)
      }
      #expect(try progress() == .interrupted)
      #expect(
        try progress(batch: 9)
          == .none(
            "\(kept): can't go on with this run (it was begun with batch 8, not 9); resume it as it was begun, or run from the beginning"
          ))
      try run(experiment, in: folder, resuming: ResumeRequest())
      #expect(try progress() == .complete)
      #expect(try progress(batch: 9) == .none(nil))
      #expect(FileManager.default.fileExists(atPath: results + "/interrupted-backup/unfinished.json"))
      unlink(results + "/a/seed-0.rheo")
      #expect(try progress() == .none(nil), "a run file is missing")
    }
  }

  @Test func refusesARunThatBeganOtherwise() throws {
    try withTemporaryFolder { folder in
      let experiment = experiment()
      func message(_ asked: ResumeRequest = ResumeRequest()) throws -> String {
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
        try message(ResumeRequest(settings: ["steps": 30]))
          == "x/interrupted: can't go on with this run (it was begun with steps 25, not 30)" + advice)
      #expect(
        try message(ResumeRequest(threads: 2))
          == "x/interrupted: can't go on with this run (it was begun with threads 1, not 2)" + advice)
      let file = kept + "/unfinished.json", text = try String(contentsOfFile: file, encoding: .utf8)
      for (old, new) in [("\"threads\" : 1", "\"threads\" : 2"), ("\"batch\" : 8", "\"batch\" : 9"), ("0.01", "0.02")] {
        #expect(text.contains(old), "\(old)")
        try text.replacing(old, with: new).write(toFile: file, atomically: true, encoding: .utf8)
        #expect(
          try message()
            == "x/interrupted/unfinished.json: it was changed after it was written; run the experiment again")
      }
      try text.write(toFile: file, atomically: true, encoding: .utf8)
      #expect(try results(in: kept) == before)
      try run(experiment, in: folder, resuming: ResumeRequest())
    }
  }

  /// A run that was killed when all its results were written, but none was in its place.
  @Test func completeResultsOfAKilledRunAreWrittenAgain() throws {
    try withTemporaryFolder { folder in
      let experiment = experiment(), kept = try fail(experiment, in: folder)
      for file in ["manifest.json", "summary.json", "report.md"] {
        try Data("{}".utf8).write(to: URL(filePath: "\(kept)/\(file)"))
      }
      try run(experiment, in: folder, resuming: ResumeRequest())
      let data = try Data(contentsOf: URL(filePath: folder + "/x/manifest.json"))
      let manifest = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      let hashes = try #require(manifest["files"] as? [String: String])
      #expect(hashes["manifest.json"] == nil && hashes.count == 5)
      for (file, hash) in hashes {
        #expect(digest(of: try Data(contentsOf: URL(filePath: "\(folder)/x/\(file)"))) == hash, "\(file)")
      }
    }
  }

  @Test func anInterruptedRunStaysWhereAnotherBegins() throws {
    try withTemporaryFolder { folder in
      let experiment = experiment(), kept = try fail(experiment, in: folder), before = try results(in: kept)
      try run(experiment, in: folder)
      #expect(try results(in: kept) == before)
      trainings.begin(failing: false)
      try run(experiment, in: folder, resuming: ResumeRequest())
      #expect(trainings.steps == ["b": 5])
      #expect(!FileManager.default.fileExists(atPath: kept))
    }
  }
}
