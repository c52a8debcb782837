import Support
import Testing

@Suite struct PlainNumberTests {
  @Test(
    arguments: [
      (0, "0.00"), (1, "1.00"), (0.2357, "0.236"), (12.34, "12.3"), (999.6, "1000"), (5123, "5123"), (0.9999, "1.00"),
      (0.00012, "1.20e-04"), (-2.5, "-2.50"), (3e7, "3.00e+07"), (.nan, "NaN"), (.infinity, "∞"), (-.infinity, "−∞"),
    ] as [(Double, String)])
  func threeDigits(_ number: Double, _ text: String) { #expect(formatPlain(number) == text) }

  @Test func moreDigits() {
    #expect(formatPlain(25.2004, digits: 7) == "25.20040" && formatPlain(123_456, digits: 6) == "123456")
  }

  @Test(
    arguments: [(50, "50"), (0.01, "0.01"), (-3, "-3"), (1e-5, "1e-05"), (1e16, "1e+16"), (.nan, "nan")]
      as [(Double, String)])
  func fewestDigits(_ number: Double, _ text: String) { #expect(formatShortest(number) == text) }
}
