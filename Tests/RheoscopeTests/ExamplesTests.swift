import Foundation
import TestSupport
import Testing

/// The programs in `Examples/`, which are built beside the tests, run to their end.
@Suite struct ExamplesTests {
  /// What each leaves in its folder, and prints.
  static let examples: [(name: String, files: [String], prints: String)] = [
    ("ResidualNet", ["run.rheo", "gradient-flow.png"], "loss 0."),
    ("RecurrentNet", ["run.rheo", "gradient-over-time.png"], "cell[19] "),
    ("SmallTransformer", ["run.rheo", "gradient-flow.png"], "blocks.3.attention.weights [1, 2, 8, 8] "),
  ]
  /// An example without a recorder.
  static let plot = (
    name: "Plot",
    files: ["lines", "heatmap"].flatMap { name in ["png", "svg", "pdf"].map { "\(name).\($0)" } },
    prints: "learning rate 0.01"
  )

  @Test(arguments: examples + [plot]) func runs(_ name: String, _ files: [String], _ prints: String) throws {
    try withTemporaryFolder { folder in
      // One thread: the cores are busy with other tests, for which a second one would wait at every product.
      let environment = ProcessInfo.processInfo.environment.merging(["OMP_NUM_THREADS": "1"]) { $1 }
      let run = try ProcessRun(builtProgram(name), [folder + "/out"], in: folder, environment: environment)
      #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
      #expect(run.output.contains(prints), "\(run.output)")
      for file in files {
        #expect(try Data(contentsOf: URL(filePath: "\(folder)/out/\(file)")).count > 5000, "\(file)")
      }
    }
  }

  /// “Five lines or fewer” is what the lines count that name the recorder, or the run it gives.
  @Test(arguments: examples.map(\.name)) func isAttachedInFiveLinesOrFewer(_ name: String) throws {
    let source = try String(contentsOfFile: "\(repositoryRoot)/Examples/\(name)/main.swift", encoding: .utf8)
    let lines = source.split(separator: "\n").filter { $0.contains("ecorder") && !$0.hasPrefix("//") }
    #expect((3...5).contains(lines.count), "\(lines)")
  }
}
