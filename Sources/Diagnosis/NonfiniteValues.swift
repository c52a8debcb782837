import RunFile

/// Fires when a loss, an activation or a gradient is NaN or infinite; names the first step and site.
struct NonfiniteValues: Rule {
  let name = "non-finite values"

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let run = evidence.run
    var first: (step: Int, site: Int?, what: String)?
    if let step = run.steps.first(where: { !$0.loss.isFinite }) { first = (step.step, nil, "loss") }
    for (quantity, what) in [(LayerQuantity.nonfiniteCount, "activation"), (.gradientNonfiniteCount, "gradient")] {
      let counts = try run.layers(quantity)
      // Blame travels from output to input, signals the other way: the first in its direction is where it began.
      let order = quantity == .nonfiniteCount ? Array(counts.sites.indices) : counts.sites.indices.reversed()
      for column in counts.steps.indices {
        guard let site = order.first(where: { counts[$0, column].map { $0 > 0 } ?? false }) else { continue }
        let step = counts.steps[column]
        if first == nil || step < first!.step || (step == first!.step && first!.site == nil) {
          first = (step, site, what)
        }
        break
      }
    }
    guard let first else { return [] }
    let place = first.site.map { " of \(run.sites[$0].path)" } ?? ""
    return [
      Finding(
        severity: .failure, rule: name, statement: "the \(first.what)\(place) is not finite from step \(first.step) on",
        sites: first.site.map { [run.sites[$0].path] } ?? [],
        steps: first.step...max(first.step, run.steps.last?.step ?? 0),
        measured: .nan, limit: 0,
        cause: "numbers have outgrown Float32, mostly because updates or weights are too large",
        remedy: "a smaller learning rate, smaller initial weights, or gradient clipping",
        source: "TensorBoard Debugger V2; SageMaker Debugger, rule ExplodingTensor")
    ]
  }
}
