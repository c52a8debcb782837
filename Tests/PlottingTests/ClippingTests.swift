import Plotting
import Testing

@Suite struct ClippingTests {
  private let area = Rect(left: 0, top: 0, width: 10, height: 10)

  @Test func linesAreCutAtTheEdges() {
    #expect(area.clipping([Point(1, 1), Point(9, 9)]) == [[Point(1, 1), Point(9, 9)]])
    #expect(area.clipping([Point(-5, 5), Point(15, 5)]) == [[Point(0, 5), Point(10, 5)]])
    #expect(area.clipping([Point(-5, -5), Point(-1, 20)]).isEmpty)
    #expect(
      area.clipping([Point(5, 5), Point(5, 20), Point(7, 20), Point(7, 5)]) == [
        [Point(5, 5), Point(5, 10)], [Point(7, 10), Point(7, 5)],
      ])
    #expect(area.clipping([Point(3, 3)]) == [[Point(3, 3)]])
    #expect(area.clipping([Point(2, 2), Point(4, 2), Point(4, 6)]) == [[Point(2, 2), Point(4, 2), Point(4, 6)]])
  }
}
