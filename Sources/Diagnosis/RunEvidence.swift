import Foundation
import RunFile

/// What rules look at, read once.
public struct RunEvidence: Sendable {
  /// The run itself.
  public let run: Run
  /// The RMS of the gradient, sites by steps.
  public let gradients: LayerMatrix
  /// The places of sites with weights of their own, input first.
  public let weighted: [Int]
  /// Whether the loss went down: over its last tenth it lies, in the mean, below its first tenth by more than `learningLimit`.
  public let learns: Bool

  /// The share of the first loss by which it must fall to count as learning.
  public static let learningLimit = 0.05

  init(_ run: Run) throws {
    self.run = run
    gradients = try run.layers(.gradientRMS)
    weighted = run.sites.indices.filter { run.sites[$0].parameters > 0 }
    let losses = run.steps.map(\.loss), count = max(1, losses.count / 10)
    func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
    let first = mean(losses.prefix(count)), last = mean(losses.suffix(count))
    learns = last < first - Self.learningLimit * abs(first)
  }

  /// The gradient sizes of the weighted layers at a column of `gradients`, with depth counted from 1.
  func profile(_ column: Int) -> [(depth: Double, value: Double)] {
    weighted.enumerated().compactMap { place, site in gradients[site, column].map { (Double(place + 1), $0) } }
  }

  func paths(_ places: some Collection<Int>) -> [String] { places.map { run.sites[$0].path } }
}

/// A number in three digits.
func rounded(_ value: Double) -> String { String(format: "%.3g", value) }
