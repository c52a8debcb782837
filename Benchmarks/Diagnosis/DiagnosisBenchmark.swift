import Foundation
import Rheoscope

/// How often the diagnosis is right, on programs that were given a fault and on healthy ones:
///
///     swift run -c release benchmarks diagnosis [--quick] [--half development|test] [--fault NAME] [--threads N] [--per-fault N] [--try] [--keep FOLDER]
///     swift run -c release benchmarks diagnosis [--half development|test] [--per-fault N] --record
///     swift run -c release benchmarks diagnosis --quick --gate
///     swift run -c release benchmarks diagnosis --list [--half development|test]
///     swift run -c release benchmarks diagnosis --check
///
/// `--record` writes `RuleRate`'s table into the library's sources, and tries remedies for it. `--gate` exits with 1 below what `Tables.gate` states.
struct DiagnosisBenchmark {
  var half = Half.development
  /// About 60 programs with one seed each, under a minute.
  var isQuick = false
  /// Only faults whose names contain this.
  var fault: String?
  var threads = 2
  /// The number of programs of each fault.
  var perFault = 7
  /// Whether programs whose fault is named are trained again with the remedy of their first finding.
  var triesRemedies = false
  /// Where run files of programs that were judged are kept; nil for nowhere.
  var kept: String?
  var seeds = 3

  /// The programs; each faulty one has a twin.
  var programs: [Program] {
    let faulty = Program.faulty(half, perFault: isQuick ? 1 : perFault, strongest: isQuick)
    if let fault { return faulty.filter { $0.fault!.id.contains(fault) } }
    return faulty
      + (isQuick ? Program.healthy(half, bases: 16, perHabit: 0) : Program.healthy(half, bases: 100, perHabit: 2))
  }

  /// Trains and diagnoses all programs, and tries remedies where that is asked for; prints the tables, which it returns.
  func run() throws -> (tables: Tables, remedies: RemedyTables?) {
    let programs = programs, start = ContinuousClock.now
    let folder = kept ?? NSTemporaryDirectory() + "diagnosis-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { if kept == nil { try? FileManager.default.removeItem(atPath: folder) } }

    struct Job: Sendable {
      let recipe: Recipe
      let seed: UInt64
      let fault: Fault?
      var name: String?
    }
    let seedCount = isQuick ? 1 : seeds
    let keeps = kept != nil
    let jobs = programs.enumerated().flatMap { index, program in
      (1...UInt64(seedCount)).flatMap { seed in
        let name =
          "\(index)-\(program.fault?.id ?? program.habit ?? "healthy")-\(formatShortest(program.strength))-\(seed)"
          .replacing(" ", with: "-").replacing("/", with: "-").replacing(":", with: "")
        return [Job(recipe: program.recipe, seed: seed, fault: program.fault, name: keeps ? name : nil)]
          + (program.twin.map { [Job(recipe: $0, seed: seed, fault: nil)] } ?? [])
      }
    }
    let trials = try inParallel(jobs, threads: threads) { job in
      try Trial(job.recipe, seed: job.seed, fault: job.fault, in: folder, keepsRun: job.name)
    }
    var next = trials.makeIterator()
    let judged = programs.map { program in
      var own: [Trial] = [], twins: [Trial] = []
      for _ in 0..<seedCount {
        own.append(next.next()!)
        if program.twin != nil { twins.append(next.next()!) }
      }
      return Judged(program, own, twin: program.twin == nil ? nil : twins)
    }
    let tables = Tables(judged: judged)
    let seconds = (ContinuousClock.now - start).milliseconds / 1e3
    print("## The \(half.rawValue) half: \(programs.count) programs, \(jobs.count) runs\n")
    print(
      "\(tables.faulty.count) are faulty by their outcome, \(tables.healthy.count) healthy; \(seedCount) seeds each.\n")
    print(tables.summary(), "\n")
    print(tables.comparison(), "\n")
    print("### By fault\n")
    print(tables.perFault(), "\n")
    print("### By rule\n")
    print(tables.perRule(), "\n")
    print(tables.misses())
    print("### The tools' rules on their authors' own kind of example\n")
    print(try OwnExample.table(in: folder), "\n")
    let times = trials.map(\.seconds).sorted()
    FileHandle.standardError.write(
      Data(
        "\(Int(seconds)) s on \(threads) threads; a run takes \(formatPlain(times[times.count / 2])) s in the middle, \(formatPlain(times.last!)) s at most, its diagnosis \(formatPlain(trials.map(\.diagnosisSeconds).max()!)) s at most\n"
          .utf8))
    return (tables, try triesRemedies ? tryRemedies(judged, in: folder) : nil)
  }

  /// Tries the remedies, and prints their tables.
  private func tryRemedies(_ judged: [Judged], in folder: String) throws -> RemedyTables {
    let start = ContinuousClock.now
    let tables = RemedyTables(tries: try remedyTries(judged, in: folder))
    print("## Remedies\n")
    print(tables.summary(), "\n")
    print(tables.perFault(), "\n")
    print(tables.misses())
    FileHandle.standardError.write(
      Data("\(Int((ContinuousClock.now - start).milliseconds / 1e3)) s for the remedies\n".utf8))
    return tables
  }

  /// Runs with the arguments after `diagnosis`; ends the program if one is wrong.
  static func main(_ arguments: [String]) throws {
    var benchmark = DiagnosisBenchmark(), rest = arguments, record = false, gate = false, lists = false
    func fail(_ problem: String) -> Never {
      FileHandle.standardError.write(Data("benchmarks diagnosis: \(problem)\n".utf8))
      exit(2)
    }
    while let argument = rest.first {
      rest.removeFirst()
      func value() -> String {
        guard !rest.isEmpty else { fail("\(argument) wants a value") }
        return rest.removeFirst()
      }
      switch argument {
      case "--quick": benchmark.isQuick = true
      case "--record": (record, benchmark.triesRemedies) = (true, true)
      case "--try": benchmark.triesRemedies = true
      case "--gate": gate = true
      case "--fault": benchmark.fault = value()
      case "--keep": benchmark.kept = value()
      case "--half":
        guard let half = Half(rawValue: value()) else { fail("--half wants development or test") }
        benchmark.half = half
      case "--threads":
        guard let count = Int(value()), count >= 1 else { fail("--threads wants a number of threads, 1 or more") }
        benchmark.threads = count
      case "--per-fault":
        guard let count = Int(value()), count >= 1 else { fail("--per-fault wants a number of programs, 1 or more") }
        benchmark.perFault = count
      case "--list": lists = true
      case "--check":
        try NetCheck.run()
        return
      default: fail("there is no option “\(argument)”")
      }
    }
    if let fault = benchmark.fault, benchmark.programs.isEmpty {
      fail(
        "no program has a fault whose name contains “\(fault)”; there are \(Fault.all.map(\.id).joined(separator: ", "))"
      )
    }
    if lists {
      print(Tables.faults())
      let programs = benchmark.programs, faulty = programs.count { $0.fault != nil }
      print("\nThe \(benchmark.half.rawValue) half has \(programs.count) programs, \(faulty) with a fault:\n")
      for program in programs { print("- \(program.name)") }
      return
    }
    if record, benchmark.isQuick || benchmark.fault != nil {
      fail("--record writes the rates of a whole half; leave out --quick and --fault")
    }
    let (tables, remedies) = try benchmark.run()
    if record, let remedies {
      try tables.rateFile(remedies, of: benchmark.half, perFault: benchmark.perFault, seeds: benchmark.seeds).write(
        toFile: Tables.ratePath, atomically: true, encoding: .utf8)
    }
    let problems = gate ? tables.problems : []
    guard problems.isEmpty else {
      FileHandle.standardError.write(Data((problems.joined(separator: "\n") + "\n").utf8))
      exit(1)
    }
  }
}
