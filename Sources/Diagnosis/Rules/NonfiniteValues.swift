import RunFile

/// Fires when a loss, an activation or a gradient is NaN or infinite; names the first step and site. Gradients of steps that were
/// skipped for it don't count.
struct NonfiniteValuesRule: Rule {
  let name = "non-finite values"

  /// Where such values were first met.
  private struct Origin {
    let step: Int
    /// Nil is the loss.
    let site: Int?
    let what: String
    /// How many there were; at least one where nobody counted.
    let count: Double
  }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let run = evidence.run
    let matrices = try run.layers([.nonfiniteCount, .activationRMS, .gradientNonfiniteCount, .gradientRMS])
    // Gradients travel from output to input, activations the other way: the first in its direction is where it began. Within a step
    // activations come first, then the loss, then gradients; but a site says more than the loss.
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
        // Who wrote the run may have counted nothing, but the RMS tells too.
        let isSizeFinite = sizes[site, column]?.isFinite ?? true
        let count = counts[site, column] ?? (isSizeFinite ? 0 : 1)
        if count > 0 { return Origin(step: counts.steps[column], site: site, what: what, count: count) }
      }
    }
    return nil
  }
}
