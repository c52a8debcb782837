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
  /// The column of `gradients` that is the first to say anything of a weighted site in a step that was taken; nil where none does.
  public let start: Int?
  /// The steps that were skipped since gradients overflowed at the scale of the loss.
  public let skipped: Set<Int>
  /// Whether the loss is seen not to go down: it ends as NaN or infinite, or its last tenth lies, in the mean, below its first
  /// by no more than `learningLimit` after at least `shortestRun` steps.
  public let isStuck: Bool

  /// The share of the first loss by which it must fall to count as learning.
  public static let learningLimit = 0.05
  /// From how many steps on a run says whether it learns.
  public static let shortestRun = 20
  /// The share of the furthest travel of any weight below which another counts as standing still.
  public static let travelLimit = 1e-3

  init(_ run: Run) throws {
    self.run = run
    let gradients = try run.layers(.gradientRMS)
    let weighted = run.sites.indices.filter { run.sites[$0].parameters > 0 }
    self.gradients = gradients
    self.weighted = weighted
    let skipped = Set(run.events.filter { $0.kind == "skipped" }.map(\.step))
    self.skipped = skipped
    start = gradients.steps.indices.first { column in
      !skipped.contains(gradients.steps[column]) && weighted.contains { gradients[$0, column] != nil }
    }
    let losses = run.steps.map(\.loss), count = max(1, losses.count / 10)
    let first = mean(losses.prefix(count)), last = mean(losses.suffix(count))
    let falls = last < first - Self.learningLimit * abs(first)
    isStuck = !losses.isEmpty && !falls && (losses.count >= Self.shortestRun || !last.isFinite)
  }

  /// The gradient sizes of the weighted layers at a column of `gradients`, with depth counted from 1.
  func profile(_ column: Int) -> [(depth: Double, value: Double)] {
    weighted.enumerated().compactMap { place, site in gradients[site, column].map { (Double(place + 1), $0) } }
  }

  /// The places of weighted sites whose weights hardly move in the whole run while others do; none where the run is too short
  /// or does not say.
  ///
  /// A loss can fall because the last layer alone learns how frequent the classes are, so it does not tell of the others.
  func standingStill() throws -> [Int] {
    guard run.steps.count >= Self.shortestRun else { return [] }
    let matrices = try run.layers([.updateNorm, .weightNorm])
    let travels = weighted.compactMap { site -> (site: Int, travel: Double)? in
      let updates = matrices[0].row(site).compactMap { $0 }
      guard let size = matrices[1].row(site).lazy.compactMap({ $0 }).first, !updates.isEmpty else { return nil }
      let travel = mean(updates) / size
      return travel.isFinite ? (site, travel) : nil
    }
    guard let furthest = travels.map(\.travel).max() else { return [] }
    return travels.filter { $0.travel < Self.travelLimit * furthest }.map(\.site)
  }

  func paths(_ places: some Collection<Int>) -> [String] { places.map { run.sites[$0].path } }
}

private func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }

/// A number in three digits.
func rounded(_ value: Double) -> String { String(format: "%.3g", value) }
