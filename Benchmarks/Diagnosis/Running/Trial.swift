import Foundation
import Rheoscope

/// What a run came to, and what was said about it.
struct Trial: Sendable {
  /// What a tool says about a run: names of faults, the most important first.
  struct Verdict: Sendable {
    /// A rule with the sites that it names.
    struct Statement: Sendable {
      let rule: String
      let sites: [String]
      /// The finding in words.
      var text = ""
      /// What the finding proposes, in words and as a change that a program can try.
      var remedies: [String] = []
      var trial: Remedy?
    }
    /// Warnings and failures.
    var statements: [Statement] = []
  }

  let seed: UInt64
  /// The outcomes; higher is worse.
  var outcomes: [Outcome: Double] = [:]
  /// The paths of the modules at fault.
  var sites: [String] = []
  /// What `diagnose` says.
  var verdict = Verdict()
  /// What the published tools' rules say.
  var baselines: [Verdict] = []
  /// The seconds that training and diagnosis took.
  var seconds = 0.0, diagnosisSeconds = 0.0

  /// Trains a recipe, recorded into a temporary file or one of this name, and diagnoses the run.
  init(_ recipe: Recipe, seed: UInt64, fault: Fault?, in folder: String, keepsRun name: String? = nil) throws {
    self.seed = seed
    let start = ContinuousClock.now
    let path = "\(folder)/\(name ?? UUID().uuidString).rheo"
    defer { if name == nil { try? FileManager.default.removeItem(atPath: path) } }
    let training = try BenchmarkTraining(recipe, seed: seed, path: path)
    let run = try training.run()
    outcomes = training.outcomes
    sites = (fault?.sites(training.net) ?? []).compactMap { $0 }
    let trained = ContinuousClock.now
    verdict.statements = diagnose(run).filter { $0.severity > .note }.map {
      Verdict.Statement(rule: $0.rule, sites: $0.sites, text: $0.statement, remedies: $0.remedies, trial: $0.trial)
    }
    diagnosisSeconds = (ContinuousClock.now - trained).milliseconds / 1e3
    let numbers = try RecordedNumbers(run)
    baselines = Baseline.all.map { $0.verdict(numbers) }
    seconds = (ContinuousClock.now - start).milliseconds / 1e3
  }
}

/// Runs jobs on threads, each with tensors of its own.
func inParallel<Job: Sendable, Result: Sendable>(
  _ jobs: [Job], threads: Int, _ work: @escaping @Sendable (Job) throws -> Result
) throws -> [Result] {
  let queue = JobQueue<Job, Result>(jobs)
  let group = DispatchGroup()
  for _ in 0..<threads {
    group.enter()
    let thread = Thread {
      useThreads(1)
      while let (index, job) = queue.next() {
        do { queue.finish(index, try work(job)) } catch { queue.fail(error) }
      }
      group.leave()
    }
    thread.stackSize = 16 << 20
    thread.start()
  }
  group.wait()
  return try queue.all()
}

private final class JobQueue<Job: Sendable, Result: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private let jobs: [Job]
  private var position = 0
  private var results: [Result?]
  private var error: (any Error)?

  init(_ jobs: [Job]) { (self.jobs, results) = (jobs, Array(repeating: nil, count: jobs.count)) }

  func next() -> (Int, Job)? {
    lock.lock()
    defer { lock.unlock() }
    guard position < jobs.count, error == nil else { return nil }
    defer { position += 1 }
    return (position, jobs[position])
  }

  func finish(_ index: Int, _ result: Result) {
    lock.lock()
    defer { lock.unlock() }
    results[index] = result
  }

  func fail(_ error: any Error) {
    lock.lock()
    defer { lock.unlock() }
    self.error = error
  }

  func all() throws -> [Result] {
    if let error { throw error }
    return results.map { $0! }
  }
}
