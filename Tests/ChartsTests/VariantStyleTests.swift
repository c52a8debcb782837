import Charts
import Foundation
import Plotting
import RunFile
import Support
import TestSupport
import Testing

/// A variant has one colour, and its numbers are the same in chart, description and summary, in random sets of runs.
@Suite struct VariantStyleTests {
  /// Runs of some of the variants `names`, with random losses and gradients.
  private func runs(_ names: [String], styled: Bool, in folder: String, _ random: inout SplitMix) throws -> [Run] {
    let styles = VariantStyle.all(named: names)
    return try zip(names, styles).flatMap { name, style in
      try (0..<Int(random.next(in: 1..<4))).map { seed in
        var meta: [MetaKey: String] = [.experiment: "styles", .variant: name, .seed: "\(seed)"]
        if styled { meta[.variantStyle] = style.description }
        let writer = try RunWriter(path: "\(folder)/\(name)-\(seed).rheo", meta: meta)
        let sites = (0..<6).map {
          Site(id: $0, module: "layers.\($0)", kind: .linear, depth: $0 + 1, isLayer: true, shape: [8, 8])
        }
        try writer.define(sites: sites)
        let factor = 0.5 + random.nextUnit(), end = random.nextUnit(), steps = Int(random.next(in: 1..<200))
        for step in 0..<steps {
          try writer.append(
            step: StepRow(step: step, loss: end + random.nextUnit() / Double(step + 1), seconds: 0),
            layers: sites.map { site in
              var row = LayerRow(step: step, site: site.id)
              row[.gradientRMS] = pow(factor, Double(6 - site.id)) * (0.9 + 0.2 * random.nextUnit())
              return row
            })
        }
        return try writer.finish()
      }
    }
  }

  private let names = ["relu", "tanh-6", "tanh-50", "tanh-12", "sigmoid", "gelu"]

  @Test(arguments: 0..<12)
  func coloursAndNumbersHoldInRandomFigures(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    try withTemporaryFolder { folder in
      let all = try runs(names, styled: seed % 2 == 0, in: folder, &random)
      func label(_ figure: Figure, _ name: String) -> DirectLabel? {
        figure.panels[0].directLabels.first { $0.text == name }
      }
      let whole = try Chart.loss(of: all)
      var shuffled = all
      for index in shuffled.indices.dropFirst() { shuffled.swapAt(index, Int(random.next(in: 0..<UInt64(index + 1)))) }
      let chosen = Set(names.filter { _ in random.nextUnit() < 0.6 } + ["relu"])
      let permuted = try Chart.loss(of: shuffled)
      let part = try Chart.loss(of: shuffled.filter { chosen.contains($0.variant!) })
      for name in names {
        let color = try #require(label(whole, name)).color
        #expect(label(permuted, name)?.color == color, "\(name) in another order")
        #expect((label(part, name) != nil) == chosen.contains(name))
        if seed % 2 == 0, chosen.contains(name) { #expect(label(part, name)?.color == color, "\(name) among others") }
        #expect(part.description.contains("\(name): ") == chosen.contains(name), "\(part.description)")
      }
      #expect(Set(names.map { label(whole, $0)!.color }).count == names.count)
      // Numbers of labels are those of summaries.
      let profile = try Chart.gradientProfile(of: all)
      for name in names {
        let summaries = try all.filter { $0.variant == name }.map { try $0.summary() }
        func median(_ values: [Double]) -> Double {
          let sorted = values.sorted(), middle = sorted.count / 2
          return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        }
        let final = "final loss \(formatSignificant(median(summaries.map(\.finalLoss))))"
        #expect(label(whole, name)?.detail.hasPrefix(final) == true, "\(name)")
        #expect(whole.description.contains("\(final)"))
        let factor = "×\(formatSignificant(median(summaries.compactMap(\.gradientFactor))))"
        #expect(label(profile, name)?.detail.hasPrefix(factor) == true, "\(name)")
      }
    }
  }

  @Test func orderedVariantsAreARampOfOneHue() {
    let styles = VariantStyle.all(named: names)
    #expect(styles.map(\.series) == [0, 1, 1, 1, 2, 3] && styles.map(\.position) == [nil, 0, 1, 0.5, nil, nil])
    #expect(Set(styles.map(\.color)).count == 6)
    for theme in Theme.all {
      for style in styles { #expect(theme.color(style.color).contrast(with: theme.background) >= 4.5) }
    }
    let rates = VariantStyle.all(named: ["a-rate-0.1", "a-rate-1e-05", "a-rate-0.001", "b-6", "b-7"])
    #expect(rates.map(\.position) == [1, 0, 0.5, nil, nil], "two are no family")
    #expect(VariantStyle.all(named: ["a-1-2", "a-1-3", "a-1-4"]).allSatisfy { $0.position == nil }, "which number?")
  }

  @Test func aStyleThatAFileMisstatesIsNotUsed() throws {
    try withTemporaryFolder { folder in
      let runs = try [("b", "9"), ("a", "-1 2"), ("c", "0 0 7")].map { name, style in
        let writer = try RunWriter(path: "\(folder)/\(name).rheo", meta: [.variant: name, .variantStyle: style])
        try writer.append(step: StepRow(step: 0, loss: 1, seconds: 0))
        return try writer.finish()
      }
      let labels = try Chart.loss(of: runs).panels[0].directLabels
      #expect(labels.map(\.text) == ["b", "a", "c"])
      #expect(labels.map(\.color) == [.series(1), .series(0), .series(2)])
    }
  }

  @Test func coloursThatRepeatAreMovedApart() {
    let styles = VariantStyle.all(named: (0..<20).map { "v\($0)" })
    let shown = VariantStyle.distinct([styles[10], styles[3], styles[17]])
    #expect(shown[1].series == 3 && Set(shown.map { $0.series % 7 }).count == 3)
  }
}

/// Random numbers that are the same on every machine.
private struct SplitMix {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  private mutating func bits() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  mutating func next(in range: Range<UInt64>) -> UInt64 {
    range.lowerBound + bits() % (range.upperBound - range.lowerBound)
  }
  mutating func nextUnit() -> Double { Double(bits() >> 11) / 9_007_199_254_740_992 }
}
