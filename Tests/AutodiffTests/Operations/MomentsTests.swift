import Autodiff
import TestSupport
import Testing

/// Means and variances against Float64, where numbers are far from 0, from the first of them, or from each other.
@Suite struct MomentsTests {
  /// A column of numbers around 0, with the spread of one that is from -1 to 1.
  private static let columns: [(String, @Sendable (Int, Float) -> Float)] = [
    ("around 0", { $1 }),
    ("far from 0", { 1000 + $1 }),
    ("with a first row far away", { $0 == 0 ? 57.7 : $1 }),
    ("with a first row very far away", { $0 == 0 ? -1e6 : $1 }),
    ("with 256 first rows far away", { $0 < 256 ? 1e4 + $1 : $1 }),
    ("rising", { 0.25 * Float($0) + $1 }),
    ("in two halves", { $0 % 2 == 0 ? 1e3 : -1e3 + $1 }),
    ("of one number", { _, _ in 0.1 }),
  ]

  private func moments(_ values: [Float]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
    return (mean, values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count))
  }

  @Test(arguments: columns.indices, [1, 2, 5, 255, 256, 257, 20_011]) func ofColumns(_ index: Int, _ rows: Int) {
    let (name, number) = Self.columns[index], width = 3
    let values = sampleValues(rows * width).enumerated().map { number($0 / width, $1) }
    let (_, found) = batchNorm(
      Tensor(values, shape: [rows, width]), weight: nil, bias: nil, epsilon: 1e-5)
    for column in 0..<width {
      let exact = moments((0..<rows).map { values[$0 * width + column] })
      let mean = Double(found.mean.values[column]), variance = Double(found.variance.values[column])
      #expect(abs(variance - exact.variance) <= 2e-6 * exact.variance, "\(name): \(variance), not \(exact.variance)")
      // No closer than Float32 can hold it.
      let limit = 1e-6 * exact.variance.squareRoot() + 0.5001 * Double(Float(exact.mean).ulp)
      #expect(abs(mean - exact.mean) <= limit, "\(name): \(mean), not \(exact.mean)")
    }
  }

  @Test(arguments: columns.indices, [1, 2, 5, 64, 1024, 4099]) func ofRows(_ index: Int, _ width: Int) {
    let (name, number) = Self.columns[index], epsilon = 1e-5
    let values = sampleValues(2 * width).enumerated().map { number($0 % width, $1) }
    let found = layerNorm(
      Tensor(values, shape: [2, width]), weight: nil, bias: nil, epsilon: Float(epsilon), centered: true
    ).values
    for row in 0..<2 {
      let row = row * width..<(row + 1) * width, exact = moments(Array(values[row]))
      let deviation = (exact.variance + epsilon).squareRoot()
      let expected = values[row].map { (Double($0) - exact.mean) / deviation }
      // The mean is no closer than Float32 can hold it.
      let limit = 1e-6 * expected.reduce(1) { max($0, abs($1)) } + 0.5001 * Double(Float(exact.mean).ulp) / deviation
      let worst = zip(found[row], expected).map { abs(Double($0) - $1) }.max()!
      #expect(worst <= limit, "\(name): \(worst), at most \(limit)")
    }
  }
}
