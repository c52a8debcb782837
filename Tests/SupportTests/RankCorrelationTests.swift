import Support
import Testing

@Suite struct MeasureTests {
  /// Ranks 1, 2½, 2½, 4 and 1, 3, 2, 4.
  @Test func rankCorrelationSeesOnlyOrder() {
    #expect(rankCorrelation([1, 2, 3], [-7, 0, 1e9]) == 1)
    #expect(rankCorrelation([1, 2, 3], [3, 2, 1]) == -1)
    #expect(abs(rankCorrelation([1, 2, 2, 4], [1, 3, 2, 4]) - 4.5 / 22.5.squareRoot()) < 1e-12)
    #expect(rankCorrelation([1, 2, 3, 4], [2, 4, 1, 3]) == 0)
    #expect(rankCorrelation([1, 2, 3], [5, 5, 5]).isNaN)
    #expect(rankCorrelation([1, 2, 3], [5, .nan, 6]).isNaN)
  }
}
