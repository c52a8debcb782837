import RunFile

/// Fires when a loss, an activation or a gradient is NaN or infinite, and names the first step and site. Gradients of skipped steps don't
/// count.
struct NonfiniteValuesRule: Rule {
  let name = "non-finite values"

  /// The first such values of a kind.
  private struct Origin {
    let step: Int
    /// Nil is the loss.
    let site: Int?
    let what: String
    /// The number of such values; 1 where it was not recorded.
    let count: Double
  }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let run = evidence.run
    let matrices = try run.layers([.nonfiniteCount, .activationRMS, .gradientNonfiniteCount, .gradientRMS])
    // Activations are computed from input to output, gradients from output to input: the first site in this order is the origin. If the
    // loss and a site fail in the same step, the site is reported, since it says more.
    let origins = [
      origin(of: "activation", counts: matrices[0], sizes: matrices[1], along: Array(run.sites.indices), except: []),
      origin(
        of: "gradient", counts: matrices[2], sizes: matrices[3], along: run.sites.indices.reversed(),
        except: evidence.skippedSteps),
      run.steps.first { !$0.loss.isFinite }.map { Origin(step: $0.step, site: nil, what: "loss", count: 1) },
    ].compactMap { $0 }
    guard let step = origins.map(\.step).min(), let first = origins.first(where: { $0.step == step })
    else { return [] }
    let path = first.site.map { run.sites[$0].path }
    return [
      Finding(
        severity: .failure, rule: name,
        statement: "the \(first.what)\(path.map { " of \($0)" } ?? "") is not finite, first at step \(step)",
        sites: path.map { [$0] } ?? [], steps: step...max(step, run.steps.last?.step ?? 0), measured: first.count,
        limit: 0,
        cause: "numbers have outgrown Float32, mostly because updates or weights are too large",
        remedy: "a smaller learning rate, smaller initial weights, or gradient clipping",
        source: "TensorBoard Debugger V2; SageMaker Debugger, rule ExplodingTensor")
    ]
  }

  private func origin(
    of what: String, counts: LayerMatrix, sizes: LayerMatrix, along sites: [Int], except skipped: Set<Int>
  ) -> Origin? {
    for column in counts.steps.indices where !skipped.contains(counts.steps[column]) {
      for site in sites {
        // A run file may have no counts; then the RMS shows whether all values are finite.
        let isSizeFinite = sizes[site, column]?.isFinite ?? true
        let count = counts[site, column] ?? (isSizeFinite ? 0 : 1)
        if count > 0 { return Origin(step: counts.steps[column], site: site, what: what, count: count) }
      }
    }
    return nil
  }
}
