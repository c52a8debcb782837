import Foundation
import Plotting
import Support
import Testing

@Suite struct TickTests {
  private func labels(_ kind: Scale.Kind, _ low: Double, _ high: Double, _ count: Int) -> [String] {
    Scale(kind, from: low, to: high).ticks(about: count).map(\.label).filter { !$0.isEmpty }
  }

  @Test func linear() {
    #expect(labels(.linear, 0, 1, 5) == ["0.00", "0.25", "0.50", "0.75", "1.00"])
    #expect(labels(.linear, 0, 10, 6) == ["0", "2", "4", "6", "8", "10"])
    #expect(labels(.linear, -2, 2, 5) == ["−2", "−1", "0", "1", "2"])
    #expect(labels(.linear, 8.1, 14.1, 4) == ["9", "10", "11", "12", "13", "14"])
    #expect(labels(.linear, 0, 3e8, 4) == ["0", "1×10⁸", "2×10⁸", "3×10⁸"])
    #expect(labels(.linear, 0, 20_000, 3) == ["0", "10\u{2009}000", "20\u{2009}000"])
    #expect(labels(.linear, 0, 4e-7, 5) == ["0", "1×10⁻⁷", "2×10⁻⁷", "3×10⁻⁷", "4×10⁻⁷"])
  }

  @Test func integers() {
    #expect(labels(.integer, 0, 600, 6) == ["0", "100", "200", "300", "400", "500", "600"])
    #expect(labels(.integer, 0, 2, 5) == ["0", "1", "2"])
    #expect(labels(.integer, -0.5, 0.5, 5) == ["0"])
    #expect(labels(.integer, 3.2, 3.8, 5) == [])
  }

  @Test func decades() {
    #expect(labels(.log, 1e-3, 1e3, 9) == ["0.001", "0.01", "0.1", "1", "10", "100", "1000"])
    #expect(labels(.log, 1e-5, 1e-1, 9) == ["10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹"])
    #expect(labels(.log, 1e-300, 1, 7) == ["10⁻³⁰⁰", "10⁻²⁵⁰", "10⁻²⁰⁰", "10⁻¹⁵⁰", "10⁻¹⁰⁰", "10⁻⁵⁰", "10⁰"])
    #expect(labels(.log, 0.004, 0.03, 5) == ["0.005", "0.01", "0.02"])
    let minor = Scale(.log, from: 1, to: 100).ticks(about: 5).filter { $0.label.isEmpty }.map(\.value)
    #expect(minor.map { $0.rounded() } == [2, 3, 4, 5, 6, 7, 8, 9, 20, 30, 40, 50, 60, 70, 80, 90])
  }

  @Test func bothSidesOfZero() {
    #expect(labels(.symlog(width: 0.1), -10, 10, 9) == ["−10", "−1", "−0.1", "0", "0.1", "1", "10"])
    #expect(labels(.symlog(width: 1e-5), -1e-4, 1e-4, 9) == ["−10⁻⁴", "−10⁻⁵", "0", "10⁻⁵", "10⁻⁴"])
  }

  @Test func names() {
    let names = (0..<100).map { "layer \($0)" }
    #expect(labels(.categorical(names), -0.5, 99.5, 10).count == 10)
    #expect(labels(.categorical(["a"]), -0.5, 0.5, 10) == ["a"])
  }

  /// For random ranges, ticks lie in the range, differ, and are about as many as requested.
  @Test func anyRange() {
    var state: UInt64 = 88_172_645_463_325_252
    func random() -> Double {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Double(state >> 11) / Double(1 << 53)
    }
    for _ in 0..<2000 {
      let middle = (random() - 0.5) * pow(10, random() * 40 - 20), reach = pow(10, random() * 40 - 20)
      let scale = Scale(.linear, from: middle - reach, to: middle + reach), count = 2 + Int(random() * 9)
      let ticks = scale.ticks(about: count)
      let slack = (scale.upper - scale.lower) * 1e-6
      #expect(ticks.allSatisfy { $0.value >= scale.lower - slack && $0.value <= scale.upper + slack })
      #expect(ticks.count >= 1 && ticks.count <= 2 * count + 1, "\(scale) \(count)")
      if reach > abs(middle) * 1e-6 { #expect(Set(ticks.map(\.label)).count == ticks.count, "\(scale) \(ticks)") }
    }
  }

  @Test func numbersInText() {
    #expect(
      [0.236, 1, 12.5, 1234, 3.14e-8, 0, .nan, -.infinity].map(formatSignificant) == [
        "0.236", "1.00", "12.5", "1234", "3.1×10⁻⁸", "0", "NaN", "−∞",
      ])
    #expect(
      formatSignificant(9.9996) == "10.0" && formatSignificant(123_456) == "1.2×10⁵"
        && formatSignificant(Double.leastNonzeroMagnitude) == "4.9×10⁻³²⁴")
    #expect(
      formatFixed(-0.001, decimals: 1) == "0.0"
        && formatFixed(-1_234_567.5, decimals: 1) == "−1\u{2009}234\u{2009}567.5")
  }
}
