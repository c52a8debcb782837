import ExperimentHarness
import Foundation
import Rheoscope

// The gradient of a weight can be estimated by changing the weight a little and computing the loss again: one forward pass
// per weight. Backpropagation computes it for all weights at once, by one backward pass. What does that pass cost?
//
// In the forward pass a layer multiplies its inputs by its weights. In the backward pass it multiplies the gradient of its
// outputs twice: by its inputs, for the gradient of its weights, and by its weights, for the gradient of its inputs. The
// gradient of the first layer's inputs is not needed, so L layers take L matrix products forward and 2 L − 1 backward: for
// five layers 1.8 times as many.
//
// That counts arithmetic, and holds for nets and batches for which matrix products are most of the work: here from 10⁵ weights
// on, with 256 images. Whatever the function, a gradient costs no more than a few times the function itself (Baur and Strassen
// 1983): counted in operations, at most four times, with the function included. In time it can be more: with ten million weights and batches of
// 16 images forward and backward took 2.9 forward passes on one processor (AMD EPYC) and 5.0 on another (Intel Xeon).
//
// In nets of 10³ to 10⁴ weights each weight is really changed, one after the other. For larger nets that would take hours to
// days; there the time of one pass is multiplied by the number of weights.
//
// Other processes can only add to a measured time, so the fastest of all passes of all seeds counts.

/// Five layers of weights, n → n four times and n → 10, with about this many weights in total.
private func net(weights: Double) -> Sequential {
  let width = Int((((100 + 16 * weights).squareRoot() - 10) / 8).rounded())
  let hidden = (0..<4).flatMap { _ in [Linear(width, width, initializer: .heNormal), ReLU()] as [Module] }
  return Sequential(hidden + [Linear(width, 10, initializer: .heNormal)])
}

private let weights = "weights", forward = "forward ms", backward = "backward ms"
private let ratio = "backward / forward", changing = "changing each s", saving = "changing each / backprop"
private let changed = "changing each s, measured", measuredShare = "measured / computed"
private let measuredSaving = "changing each, measured / backprop", onePass = "one changed / backprop"

/// The largest number of weights for which each weight is really changed.
private let mostChanged = 15_000.0

/// A net of 10^`decades` weights, and the time of its passes. Its inputs are random, because values do not affect the time.
/// The batch size is that of the settings by default.
private func size(_ decades: Double, batch: Int? = nil) -> Variant {
  let wanted = pow(10, decades)
  let suffix = batch.map { "-batch-\($0)" } ?? "", words = batch.map { ", in batches of \($0)" } ?? ""
  return Variant(
    "weights-1e\(formatShortest(decades))\(suffix)", "about \(rounded(decades)) weights\(words)",
    adjust: { $0.batch = batch ?? $0.batch }
  ) { context in
    let model = net(weights: wanted), batch = context.settings.batch
    model.initialize(seed: UInt64(context.seed))
    let parameters = model.parameters.map(\.parameter)
    var random = RandomStream(seed: UInt64(context.seed), name: "batch")
    let inputs = Tensor(shape: [batch, parameters[0].shape[1]]) {
      for i in $0.indices { $0[i] = Float(random.normalPair().0) }
    }
    let labels = (0..<batch).map { _ in Int(10 * random.uniform()) }
    func loss() -> Tensor { crossEntropy(model(inputs), labels) }

    let forwardAlone = { _ = loss() }
    let forwardAndBackward = {
      loss().backward()
      for parameter in parameters { parameter.gradient = nil }
    }
    func lossWithOneChanged(_ parameter: Parameter, _ weight: Int) {
      let before = parameter.value
      parameter.set(
        Tensor(shape: parameter.shape) { values in
          before.withValues { _ = values.update(fromContentsOf: $0) }
          values[weight] += 0.01
        })
      _ = withoutGradients(loss)
      parameter.set(before)
    }
    let forwardWithOneChanged = { lossWithOneChanged(parameters[0], 0) }
    let forwardWithEachChanged = {
      for parameter in parameters {
        for weight in 0..<parameter.shape.elementCount { lossWithOneChanged(parameter, weight) }
      }
    }
    // Passes of small nets are short, so more of them are timed.
    let passes = max(context.settings.whole("passes"), min(2_000, Int(1e7 / wanted)))
    let times = context.seconds(ofBest: passes, alternating: [forwardAlone, forwardAndBackward, forwardWithOneChanged])
    let count = Double(model.parameterCount), forwardTime = times[0], backwardTime = times[1] - times[0]

    context.report(weights, count)
    context.report(forward, 1e3 * forwardTime, .never)
    context.report(backward, 1e3 * backwardTime, .never)
    context.report(ratio, backwardTime / forwardTime, .never)
    context.report(changing, count * times[2], .never)
    if wanted <= mostChanged {
      let whole = context.seconds(of: forwardWithEachChanged)
      context.report(changed, whole, .never)
      context.report(measuredShare, whole / (count * times[2]), .never)
      context.report(measuredSaving, whole / times[1], .never)
    }
    context.report(onePass, times[2] / times[1], .never)
    context.report(saving, count * times[2] / times[1], .never)
  }
}

/// 10^`decades` in rounded words.
private func rounded(_ decades: Double) -> String {
  let digits = decades == decades.rounded() ? "1" : "3"
  return "\(digits)" + String(repeating: "0", count: Int(decades))
}

private let sizes = stride(from: 3, through: 7, by: 0.5).map { size($0) }
private let smallBatch = size(7, batch: 16)
/// The sizes whose weights are really changed, and those in which products are most of the work.
private let changedSizes = Array(sizes.prefix(3)), largeSizes = Array(sizes.dropFirst(4))

/// A measured time against the number of weights: a line through the medians, and one dot per seed.
private func curve(_ name: String, times unit: Double = 1, _ results: Results, series: Int) -> [any Mark] {
  let x = sizes.map { results.median(weights, of: $0) }
  let dots = zip(x, sizes).flatMap { x, size in results.values(name, of: size).compactMap { $0 }.map { (x, unit * $0) }
  }
  return [
    LineMark(x: x, y: sizes.map { unit * results.median(name, of: $0) }, color: .series(series)),
    DotMark(x: dots.map(\.0), y: dots.map(\.1), color: .series(series), shape: .ofSeries(series)),
  ]
}

/// Backward over forward time, of the fastest passes of all seeds.
private func fastestRatio(_ seed: SeedResults, _ size: Variant) throws -> Double {
  let forwardTimes = seed.allSeeds(forward, of: size),
    both = zip(forwardTimes, seed.allSeeds(backward, of: size)).map { $0 + $1 }
  guard let fastest = forwardTimes.min(), let fastestBoth = both.min() else {
    throw NotMeasured(reason: "nothing was timed")
  }
  return (fastestBoth - fastest) / fastest
}

/// The power of the number of weights as which a number grows: the slope of the logarithms, from the smallest to the largest
/// of the nets whose weights were really changed.
private func power(_ seed: SeedResults, _ name: String) throws -> Double {
  let (small, large) = (changedSizes.first!, changedSizes.last!)
  return log(try seed[name, large] / seed[name, small]) / log(try seed[weights, large] / seed[weights, small])
}

extension Experiment {
  /// Nets of a thousand to ten million weights. Measured: the time of a forward pass and of a backward pass; the time of
  /// changing each weight of nets of up to ten thousand weights; and the time of a pass with one weight changed, times the
  /// number of weights.
  public static let costOfBackprop = Experiment(
    name: "cost-of-backprop",
    question: "Why not estimate gradients by finite differences?",
    settings: [
      .batch(256, quick: 192),
      .whole("passes", 30, quick: 3, in: 1...1000, "number of timed passes; the fastest counts"),
      .seeds(3, quick: 1, full: 20),
    ],
    variants: sizes + [smallBatch],
    claims: [
      // The computed time is 10,000 times that of the fastest pass; the mean of 10,000 passes is longer.
      Claim(
        .identity,
        "changing each of 10,000 weights takes as long as 10,000 forward passes (measured / computed)", sizes[2],
        measuredShare,
        .near(1, withinFactor: 1.5), source: "one forward pass per weight; tolerance: variation of timings",
        appliesTo: .times),
      // A backward pass takes 0.8 to 2.2 times as long as a forward pass in all of these nets, so the quotient may change by a
      // factor of 3.2 / 1.8 besides: over a factor of nine in the number of weights, a power of 0.26.
      Claim(
        .theory,
        "from 1,000 to 10,000 weights, each really changed, the time relative to backpropagation grows as the first power of their number (power)",
        expected: .near(1, within: 0.26),
        source: "N forward passes, against a constant number; tolerance: that number is from 1.8 to 3.2",
        appliesTo: .times,
        rejects: [
          .value("one forward pass for all weights") { try power($0, onePass) },
          .value("a backward pass that takes N times as long too") { try power($0, measuredSaving) - 1 },
        ]
      ) { try power($0, measuredSaving) },
      Claim(
        .theory,
        "from 100,000 weights on, a backward pass takes about 9/5 as long as a forward pass (mean of sizes, fastest of all seeds)",
        expected: .near(1.8, withinShare: 0.2),
        source: "9 matrix products against 5; tolerance: other work, and variation of timings", appliesTo: .timedOften,
        rejects: [
          .value("as many products as forward") { _ in 1 },
          .value("a gradient for each of the inputs only, 4 products") { _ in 4.0 / 5 },
        ]
      ) { try meanRatio($0) }.overAllSeeds(),
      Claim(
        .theory,
        "for no number of weights, and for no batch size tried, forward and backward together take longer than four forward passes (largest, fastest of all seeds)",
        expected: .between(1, 4), source: "Baur and Strassen 1983; Griewank and Walther 2008", appliesTo: .timedOften,
        rejects: [
          .value("finite differences of the smallest net") { seed in
            1 + (try seed[changed, sizes[0]]) * 1e3 / (try seed[forward, sizes[0]])
          }
        ]
      ) { seed in 1 + (try (sizes + [smallBatch]).map { try fastestRatio(seed, $0) }.max()!) }.overAllSeeds().tested(
        with: 20...39,
        "5.0, so it fails: the bound is one on operations, not on time"),
    ],
    figures: [
      ExperimentFigure("cost", "Time against the number of weights, and the ratio of backward to forward time") {
        results in
        let labels = [(backward, 1e-3, "backward"), (forward, 1e-3, "forward"), (changing, 1, "changing each weight")]
        let x = Axis(.log, "weights")
        var times = Panel(
          title: "One gradient", detail: "ring: each weight was really changed; otherwise N times one pass", x: x,
          y: Axis(.log, "seconds"))
        for (index, (name, unit, words)) in labels.enumerated() {
          times.marks += curve(name, times: unit, results, series: index)
          times.directLabels.append(
            DirectLabel(at: unit * results.median(name, of: sizes.last!), words, color: .series(index)))
        }
        let measured = sizes.filter { results.interval(changed, of: $0) != nil }
        times.marks.append(
          DotMark(
            x: measured.map { results.median(weights, of: $0) }, y: measured.map { results.median(changed, of: $0) },
            color: .text,
            shape: .ring, size: 11))
        let quotient = Panel(
          title: "Backward / forward", detail: "dashed: 9/5, and forward alone", x: x,
          y: Axis(.linear, "ratio of times", includes: [0]),
          marks: [RuleMark(.horizontal, at: 1), RuleMark(.horizontal, at: 1.8)] + curve(ratio, results, series: 0))
        return Figure(
          title: "What a gradient costs · cost-of-backprop",
          subtitle: "batches of \(results.settings.batch), dots: seeds; lines: medians",
          panels: [times, quotient],
          columns: 2,
          description: "Times of passes against the number of weights, and the ratio of backward to forward time.",
          size: Size(width: 1200, height: 480))
      }
    ],
    isTimed: true)
}

/// The mean of the ratios of the large nets.
private func meanRatio(_ seed: SeedResults) throws -> Double {
  try largeSizes.map { try fastestRatio(seed, $0) }.reduce(0, +) / Double(largeSizes.count)
}

extension Claim.Scope {
  /// Other processes share caches and memory, so the timing of a single seed is unreliable.
  fileprivate static let timedOften = Claim.Scope(
    "times with three seeds or more, which the quick profile does not judge"
  ) {
    $0.seeds >= 3 && Claim.Scope.times.includes($0)
  }
}
