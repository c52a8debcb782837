import RunFile
import Support

/// Fires when a batch's most frequent class has a far larger share than in random batches of the same size and frequencies.
struct BatchesSortedByClassRule: Rule {
  let name = "batches sorted by class"
  let stage = RuleStage.setup
  let principle =
    "Compares the share of a batch's most frequent class with that in random batches of the same size and class "
    + "frequencies. A far larger share shows that samples come in the order of their classes."
  let source = "Bengio 2012, Practical recommendations for gradient-based training, arXiv:1206.5533"
  var limits: [RuleLimit] {
    [
      RuleLimit(
        "share of the most frequent class", .above, Self.limit, "of the way from its share in random batches to 1"),
      RuleLimit(
        "final loss on other samples, for a warning", .atLeast, Self.harmlessLimit, "of the loss of a constant output"),
    ]
  }

  /// The part of the way from the share in random batches to 1 that counts as sorted: 0.5.
  static let limit = 0.5
  /// The final loss on other samples, over that of a constant output, below which the order of samples did no harm: 0.15.
  static let harmlessLimit = 0.15
  /// The number of random batches from which the share is estimated.
  static let randomBatches = 100

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingTargets }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let facts = evidence.facts
    guard let share = facts.number(.majorityInBatch, of: .target), let counts = evidence.task.classCounts,
      counts.count(where: { $0 > 0 }) > 1, evidence.run.steps.count > 1, let size = targetsPerBatch(evidence), size > 1
    else { return [] }
    let total = counts.reduce(0, +), overall = counts.max()! / total
    // Random batches have at least the overall share.
    guard share > overall + Self.limit * (1 - overall) else { return [] }
    let random = expectedShare(counts.map { $0 / total }, size: size)
    let limit = random + Self.limit * (1 - random)
    guard share > limit else { return [] }
    let classes = facts.number(.classesInBatch, of: .target)
    // Classes so easy that their order does no harm.
    let isHarmless =
      evidence.otherLosses?.last.map { $0.value < Self.harmlessLimit * (evidence.loss.constantLoss ?? 0) } ?? false
    return found(
      evidence.isStuck ? .failure : isHarmless ? .note : .warning,
      "\(formatPlain(share * 100)) % of a batch's targets are of one class, where the most frequent class of a random batch has \(formatPlain(random * 100)) %"
        + (classes.map {
          "; a batch holds on average \(formatPlain($0, digits: 2)) of \(counts.count { $0 > 0 }) classes"
        } ?? ""),
      steps: evidence.allSteps, measured: share, limit: limit, unit: "of a batch",
      cause:
        "samples come in the order of their classes, so each step teaches the net to answer with the class of its own batch and to forget the "
        + "others",
      remedies: [
        "draw samples in random order, a new one in each epoch: for batch in data.train.batches(of: \(size), seed: 1)"
      ], chart: "loss")
  }

  private func targetsPerBatch(_ evidence: RunEvidence) -> Int? {
    if let target = evidence.facts.json(.shapes, of: .loss, as: [[Int]].self)?.dropFirst().first, !target.isEmpty {
      return target.reduce(1, *)
    }
    return evidence.batchSize
  }

  /// The mean share of the most frequent class over random batches, from a fixed sequence of random numbers.
  private func expectedShare(_ shares: [Double], size: Int) -> Double {
    var sums: [Double] = []
    for share in shares { sums.append((sums.last ?? 0) + share) }
    var state: UInt64 = 1, total = 0.0
    // A larger batch is nearer to the overall share.
    let size = min(size, 256)
    for _ in 0..<Self.randomBatches {
      var counts = [Int](repeating: 0, count: shares.count)
      for _ in 0..<size {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let number = Double(state >> 11) / Double(1 << 53)
        var low = 0, high = sums.count - 1
        while low < high {
          let middle = (low + high) / 2
          if sums[middle] > number { high = middle } else { low = middle + 1 }
        }
        counts[low] += 1
      }
      total += Double(counts.max()!) / Double(size)
    }
    return total / Double(Self.randomBatches)
  }
}
