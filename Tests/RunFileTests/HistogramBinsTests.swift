import Foundation
import RunFile
import Testing

@Suite struct HistogramBinsTests {
  private func places(of values: Float...) -> [Int] {
    HistogramBins.counts(of: values).indices.filter { HistogramBins.counts(of: values)[$0] > 0 }
  }

  @Test func zerosAndNonfiniteValuesHaveTheirOwnCounters() {
    #expect(places(of: 0, -0.0) == [0] && places(of: .nan) == [1])
    #expect(places(of: -.infinity) == [2] && places(of: .infinity) == [3])
    let counts = HistogramBins.counts(of: [0, 0, .nan, 1, .infinity])
    let histogram = Histogram(step: 0, site: nil, counts: counts)
    #expect(histogram.hasStandardBins && histogram.zeros == 2 && histogram.notNumbers == 1 && histogram.infinities == 1)
    #expect(histogram.bins.reduce(0, +) == 1 && histogram.bins.count + 1 == HistogramBins.edges.count)
  }

  @Test func everyValueIsBetweenTheEdgesOfItsBin() {
    for exponent in stride(from: -14.0, to: 6, by: 0.37) {
      for sign in [-1.0, 1] {
        let value = Float(sign * pow(10, exponent)), bin = places(of: value)[0] - 4
        #expect(HistogramBins.edges[bin] <= Double(value) && Double(value) < HistogramBins.edges[bin + 1], "\(value)")
      }
    }
    #expect(places(of: 1e30) == [299] && places(of: -1e30) == [4])
  }

  @Test func edgesFollowTheSchema() {
    let edges = HistogramBins.edges
    #expect(edges.count == 297 && edges[148] == 0 && edges[0] == -edges[296])
    #expect(abs(edges[296] / 1.58e6 - 1) < 0.01)
    #expect(abs(edges[208] / edges[200] - 10) < 1e-4, "eight bins a decade")
    #expect(zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 })
  }
}
