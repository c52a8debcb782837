import Foundation
import Rheoscope
import TestSupport
import Testing

/// The programs in `Examples/`, which are built beside the tests.
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

  /// Runs an example, which writes into the folder `out`.
  private func run(_ name: String, in folder: String) throws -> ProcessRun {
    // One thread: the cores are busy with other tests, for which a second one would wait at every product.
    let environment = ProcessInfo.processInfo.environment.merging(["OMP_NUM_THREADS": "1"]) { $1 }
    let run = try ProcessRun(builtProgram(name), [folder + "/out"], in: folder, environment: environment)
    #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
    return run
  }

  @Test(arguments: examples + [plot]) func runs(_ name: String, _ files: [String], _ prints: String) throws {
    try withTemporaryFolder { folder in
      let run = try run(name, in: folder)
      #expect(run.output.contains(prints), "\(run.output)")
      for file in files {
        #expect(try Data(contentsOf: URL(filePath: "\(folder)/out/\(file)")).count > 5000, "\(file)")
      }
    }
  }

  /// The profile of the recurrent net goes along the 20 calls of its cell, and the picture shows the numbers that the program prints.
  @Test func theRecurrentNetShowsItsGradientOverTwentySteps() throws {
    try withTemporaryFolder { folder in
      let printed = try run("RecurrentNet", in: folder).output.matches(of: /(?m)^cell(?:\[\d+\])? (\S+)$/).map {
        String($0.1)
      }
      let recorded = try Run(path: folder + "/out/run.rheo")
      let profile = try #require(try GradientProfile.of(recorded))
      #expect(profile.axis == .calls(of: "cell") && profile.points.map(\.position) == Array(0..<20))
      #expect(profile.points.map { "\($0.value)" } == printed)
      let values = profile.points.map(\.value)
      let vanishes = values[0] > 0 && values[0] < values[19] / 100
      #expect(vanishes, "it vanishes over time: \(values)")
      let panel = try Chart.gradientProfile(of: recorded).panels[0]
      let dots = try #require(panel.marks.compactMap { $0 as? DotMark }.first)
      #expect(dots.x == (0..<20).map(Double.init) && dots.y == values)
      #expect(panel.x.title == "call of cell" && panel.x.range == -0.5...19.5)
      let factor = try #require(profile.factor)
      #expect(panel.directLabels[0].detail.hasPrefix("×\(formatSignificant(factor)) per call"))
    }
  }

  /// “Five lines or fewer” is what the lines count that name the recorder, or the run it gives.
  @Test(arguments: examples.map(\.name)) func isAttachedInFiveLinesOrFewer(_ name: String) throws {
    let source = try String(contentsOfFile: "\(repositoryRoot)/Examples/\(name)/main.swift", encoding: .utf8)
    let lines = source.split(separator: "\n").filter { $0.contains("ecorder") && !$0.hasPrefix("//") }
    #expect((3...5).contains(lines.count), "\(lines)")
  }
}
