import Foundation
import Plotting
import Testing

@Suite struct ScaleTests {
  @Test func positionsOnAnAxis() {
    #expect(Scale(.linear, from: -1, to: 3).fraction(of: 1) == 0.5)
    #expect(abs(Scale(.log, from: 1e-300, to: 1e300).fraction(of: 1)! - 0.5) < 1e-12)
    #expect(abs(Scale(.symlog(width: 1), from: -100, to: 100).fraction(of: 0)! - 0.5) < 1e-12)
    #expect(Scale(.integer, from: 0, to: 10).fraction(of: 20) == 2)
    #expect(Scale(.categorical(["a", "b", "c"]), from: -0.5, to: 2.5).fraction(of: 1) == 0.5)
  }

  @Test func valuesWithoutAPosition() {
    let log = Scale(.log, from: 1, to: 10)
    #expect(log.fraction(of: 0) == nil && log.fraction(of: -1) == nil)
    for value in [Double.nan, .infinity, -.infinity] {
      #expect(Scale(.linear, from: 0, to: 1).fraction(of: value) == nil && log.fraction(of: value) == nil)
    }
  }

  @Test(arguments: [Scale.Kind.linear, .log, .symlog(width: 0.01), .integer]) func valueInvertsFraction(
    _ kind: Scale.Kind
  ) {
    let scale = Scale(kind, from: 0.5, to: 80)
    for value in [0.5, 1, 7, 80] { #expect(abs(scale.value(at: scale.fraction(of: value)!) - value) < 1e-9) }
  }

  @Test(arguments: [Scale.Kind.linear, .log, .symlog(width: 1e-3), .integer]) func everyRangeIsUsable(
    _ kind: Scale.Kind
  ) {
    let ranges: [(Double, Double)] = [
      (5, 5), (1e-300, 1e-300), (1e308, 1e308), (3, 1), (1e-300, 1e300), (.leastNonzeroMagnitude, 1), (1, 1 + 1e-15),
    ]
    let around = [(0.0, 0.0), (-3.0, -3.0), (-1e308, 1e308)]
    for (low, high) in ranges + (kind == .log ? [] : around) {
      let scale = Scale(kind, from: low, to: high)
      #expect(scale.lower < scale.upper && scale.lower.isFinite && scale.upper.isFinite, "\(low) to \(high)")
      for tick in scale.ticks(about: 6) {
        #expect(scale.fraction(of: tick.value) != nil, "\(low) to \(high): \(tick)")
      }
    }
  }
}
