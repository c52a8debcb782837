import RunFile

/// The first value of a run that is NaN or infinite.
struct NonfiniteEvent: Sendable {
  /// What made it.
  enum Origin: Sendable { case data, squareRoot, logarithm, division, float16, other }

  let step: Int
  /// The position of its site in the run's `sites`; nil is the loss.
  let site: Int?
  /// "loss", "activation" or "gradient".
  let what: String
  /// The number of such values; 1 where it was not recorded.
  let count: Double
  var origin = Origin.other
  /// The operation and the module that made it, where recorded.
  var operation: String?, module: String?
}

/// The fact `nonfinite_origin`.
private struct RecordedOrigin: Decodable {
  let operation: String
  let module: String?
  let count: Double?
  let step: Int?
}

extension RunEvidence {
  /// Whether the first value that is not finite came from data, or from an operation that is not defined for its operand, not from growth.
  var hasArithmeticOrigin: Bool {
    switch nonfinite?.origin {
    case .data, .squareRoot, .logarithm, .division: true
    default: false
    }
  }

  /// The indices of sites whose outputs are in float16.
  var halfSites: [Int] {
    let half = Set(facts.ofSites(.precision).filter { $0.fact.value == .text("float16") }.map(\.site))
    return half.isEmpty ? [] : run.sites.indices.filter { half.contains(run.sites[$0].id) }
  }

  /// The paths and steps of a finding on this event.
  func location(of event: NonfiniteEvent) -> (sites: [String], steps: ClosedRange<Int>) {
    let path = event.module ?? event.site.map { run.sites[$0].path }
    return (path.map { [$0] } ?? [], event.step...max(event.step, allSteps.upperBound))
  }

  func firstNonfinite() -> NonfiniteEvent? {
    // Activations are computed from input to output, gradients from output to input: the first site in this order is the origin. If the
    // loss and a site fail in the same step, the site is reported, since it says more.
    let origins = [
      firstNonfinite(
        "activation", layers(.nonfiniteCount), sizes: layers(.activationRMS), along: Array(run.sites.indices),
        except: []),
      firstNonfinite(
        "gradient", layers(.gradientNonfiniteCount), sizes: layers(.gradientRMS), along: run.sites.indices.reversed(),
        except: skippedSteps),
      run.steps.first { !$0.loss.isFinite }.map { NonfiniteEvent(step: $0.step, site: nil, what: "loss", count: 1) },
    ].compactMap { $0 }
    guard let step = origins.map(\.step).min(), var event = origins.first(where: { $0.step == step }) else {
      return nil
    }
    let recorded = facts.json(.nonfiniteOrigin, of: .model, as: RecordedOrigin.self)
    // One of a later step is that of another value.
    if let recorded, recorded.step.map({ $0 <= step + 1 }) ?? true {
      (event.operation, event.module) = (recorded.operation, recorded.module)
    }
    event.origin = origin(of: event, event.operation?.lowercased())
    return event
  }

  private func firstNonfinite(
    _ what: String, _ counts: LayerMatrix, sizes: LayerMatrix, along sites: [Int], except skipped: Set<Int>
  ) -> NonfiniteEvent? {
    for column in counts.steps.indices where !skipped.contains(counts.steps[column]) {
      for site in sites {
        // A run file may have no counts; then the RMS shows whether all values are finite.
        let count = counts[site, column] ?? (sizes[site, column]?.isFinite ?? true ? 0 : 1)
        if count > 0 { return NonfiniteEvent(step: counts.steps[column], site: site, what: what, count: count) }
      }
    }
    return nil
  }

  private func origin(of event: NonfiniteEvent, _ operation: String?) -> NonfiniteEvent.Origin {
    if let data = nonfiniteData, data.step <= event.step { return .data }
    if let operation {
      if operation.contains("squareroot") || operation.contains("sqrt") || operation.contains("square root") {
        return .squareRoot
      }
      if operation.contains("log"), !operation.contains("softmax") { return .logarithm }
      if operation.contains("divi") || operation.contains("reciprocal") || operation == "/" { return .division }
    }
    let half = halfSites
    if !half.isEmpty, event.site.map({ half.contains($0) }) ?? true { return .float16 }
    guard operation == nil, !hasOutgrown else { return .other }
    // Without the operation: what is finite tells where it was made.
    if event.site == nil, event.what == "loss" {
      let isBounded = lastSite.map { ["Sigmoid", "Softmax"].contains($0.kind.rawValue) } ?? false
      let maxima = layers(.activationMax), minima = layers(.activationMin),
        last = run.sites.lastIndex { $0.kind != .tensor }
      let touches =
        last.map { site in
          maxima.steps.indices.contains {
            maxima.steps[$0] <= event.step && (maxima[site, $0] == 1 || minima[site, $0] == 0)
          }
        } ?? false
      if facts.number(.extremePredictions, of: .loss) ?? 0 > 0 || isBounded && touches { return .logarithm }
    }
    let isLossFinite = run.steps.first { $0.step == event.step }?.loss.isFinite ?? false
    if event.what == "gradient", isLossFinite, let last = run.sites.lastIndex(where: { $0.kind != .tensor }),
      event.site == last
    {
      return .squareRoot
    }
    return .other
  }
}
