import Foundation
import Rheoscope

/// `swift run -c release benchmarks [NAME…] [--json] [--threads N]`, or `benchmarks diagnosis`, which has options of its own
@main
struct Benchmarks {
  typealias Report = (Measurement) -> Void

  /// Every benchmark by name.
  static let all: [(name: String, run: @Sendable (_ threads: Int, _ report: Report) throws -> Void)] = [
    ("products", { products(threads: $0, $1) }),
    ("mlp", { try mlp(threads: $0, $1) }),
    ("resnet", { resNet(threads: $0, $1) }),
    ("transformer", { transformer(threads: $0, $1) }),
    ("recurrent", { recurrent(threads: $0, $1) }),
    ("recording", { try recording(threads: $0, $1) }),
    ("passes", { passes(threads: $0, $1) }),
    (
      "charts",
      { threads, report in
        for row in try chartsBenchmark() {
          report(Measurement(workload: row.name, threads: threads, milliseconds: row.milliseconds))
        }
      }
    ),
    ("run-file", { try runFile(threads: $0, $1) }),
    ("main-job", { try mainJob(threads: $0, $1) }),
    ("memory", { try memoryUse(threads: $0, $1) }),
    ("precision", { precision(threads: $0, $1) }),
    ("denormals", { denormals(threads: $0, $1) }),
    ("operations", { _, _ in operations() }),
  ]

  static func main() throws {
    var arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.first == "diagnosis" { return try DiagnosisBenchmark.main(Array(arguments.dropFirst())) }
    let isJSON = arguments.contains("--json")
    arguments.removeAll { $0 == "--json" }
    var threads = 1
    if let flag = arguments.firstIndex(of: "--threads") {
      guard arguments.indices.contains(flag + 1), let count = Int(arguments[flag + 1]), count >= 1 else {
        fail("--threads wants a number of threads, 1 or more")
      }
      threads = count
      arguments.removeSubrange(flag...flag + 1)
    }
    if arguments.first == "count" { return try runCountedWork(arguments.dropFirst().first) }
    let names = all.map(\.name)
    for name in arguments where !names.contains(name) {
      fail("there is no benchmark “\(name)”; there are \(names.joined(separator: ", "))")
    }
    useThreads(threads)
    for (name, run) in all where arguments.isEmpty || arguments.contains(name) {
      try run(threads) { line in
        print(isJSON ? line.json : line.words)
        fflush(nil)
      }
    }
  }

  /// `benchmarks count WORK`, for `.ci/instructions`.
  private static func runCountedWork(_ name: String?) throws {
    guard let work = countedWorks.first(where: { $0.name == name }) else {
      fail("count wants one of \(countedWorks.map(\.name).joined(separator: ", "))")
    }
    useThreads(1)
    try work.run()
  }

  private static func fail(_ problem: String) -> Never {
    FileHandle.standardError.write(Data("benchmarks: \(problem)\n".utf8))
    exit(2)
  }
}
