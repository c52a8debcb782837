import ExperimentHarness
import Experiments
import Testing

@Suite struct SettingsTests {
  private let declared: [Setting] = [
    .depth(50, quick: 20, full: 100), .number("sigma", 1.5, quick: 1, in: 0...4, "spread"), .learningRate(0.1),
  ]

  @Test func eachProfileHasItsValues() {
    let values = Profile.allCases.map { Settings(declared, in: $0) }
    #expect(values.map(\.depth) == [20, 50, 100])
    #expect(values.map { $0["sigma"] } == [1, 1.5, 1.5])
    #expect(values.allSatisfy { $0.learningRate == 0.1 && $0.seeds == 1 })
    #expect(values[1].summary == "depth 50, sigma 1.5, learning-rate 0.1")
    #expect(Settings([]).summary == "no settings")
  }

  @Test func undeclaredSettingsStop() async {
    await #expect(processExitsWith: .failure) { _ = Settings([.depth(5)])["width"] }
    await #expect(processExitsWith: .failure) {
      var settings = Settings([.depth(5)])
      settings.width = 3
    }
  }

  @Test func variantsAdjustSettingsForThemselves() {
    let variant = Variant("shallow", "", adjust: { $0.depth = 3 }) { _ in }
    #expect(variant.adjusted(Settings(declared)).depth == 3)
  }
}
