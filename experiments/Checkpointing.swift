import ExperimentHarness
import Foundation
import Rheoscope

// The backward pass needs the activations of the forward pass, so a net keeps them all until then. It can discard them
// instead and compute them again: checkpointing. Cut a chain of L steps into s segments, and keep only the input of each
// segment. When the backward pass reaches a segment, its L/s activations are computed again and kept until the gradient has
// passed. At any time s + L/s activations are in memory instead of L; this is least where both are √L (Chen et al. 2016). Each
// step is computed twice, so it costs one more forward pass.
//
// Segments can be cut again. With room for c checkpoints, and each step computed at most r times more, the longest chain has
// (c + r)! / (c! r!) steps, a binomial coefficient (Griewank 1992). It consists of a first part, which is computed without
// being kept and later again, with one repetition less; and of a rest, with one checkpoint less. If c and r grow alike, the
// chain grows by a factor of about 4 with each, so memory and extra passes grow as the logarithm of the length.

/// Counts how often a step is computed.
private final class Counter {
  var count = 0
}

/// A matrix product and tanh. The output is kept, the product is not.
private final class Step: Module {
  private let layer: Linear
  private let counter: Counter

  init(width: Int, _ counter: Counter) {
    layer = Linear(width, width, bias: false, initializer: .orthogonal())
    self.counter = counter
  }

  override func forward(_ x: Tensor) -> Tensor {
    counter.count += 1
    return tanh(layer(x))
  }
}

/// Which activations of a chain are kept.
private enum Schedule {
  case all
  /// The inputs of this many segments of equal length.
  case segments(Int)
  /// With room for this many checkpoints, segments that are cut again.
  case binomial(checkpoints: Int)

  func chain(_ steps: [Module]) -> Module {
    switch self {
    case .all: Sequential(steps)
    case .segments(let count): Sequential(steps, checkpointed: true, segments: count)
    case .binomial(let checkpoints): BinomialChain(steps, checkpoints: checkpoints)
    }
  }
}

/// Steps one after the other, of which a given number of checkpoints is kept.
///
/// Source: Griewank, "Achieving logarithmic growth of temporal and spatial complexity in reverse automatic differentiation", 1992;
/// Griewank and Walther, "Algorithm 799: revolve", 2000.
private final class BinomialChain: Module {
  private let steps: [Module]
  private let checkpoints: Int

  init(_ steps: [Module], checkpoints: Int) {
    self.steps = steps
    self.checkpoints = checkpoints
  }

  override func forward(_ x: Tensor) -> Tensor { output(of: steps[...], for: x, checkpoints) }

  private func output(of steps: ArraySlice<Module>, for input: Tensor, _ checkpoints: Int) -> Tensor {
    guard steps.count > 1, checkpoints > 0 else { return steps.reduce(input) { $1($0) } }
    let first = steps.prefix(binomialFirstPart(of: steps.count, checkpoints: checkpoints))
    let middle = checkpointed { [self] in output(of: first, for: input, checkpoints) }
    return output(of: steps.dropFirst(first.count), for: middle, checkpoints - 1)
  }
}

/// The longest chain with this many checkpoints in which each step is computed at most `repeats` times more.
private func longest(checkpoints: Int, repeats: Int) -> Int {
  guard repeats >= 0, checkpoints >= 0 else { return 0 }
  return (0..<min(checkpoints, repeats)).reduce(1) { $0 * (checkpoints + repeats - $1) / ($1 + 1) }
}

/// The least number of repetitions for a chain of this length.
private func repeats(of length: Int, checkpoints: Int) -> Int {
  (0...).first { longest(checkpoints: checkpoints, repeats: $0) >= length }!
}

/// The number of steps in the first part: as few as the rest leaves, or as many as take no more repetitions than it must.
private func binomialFirstPart(of length: Int, checkpoints: Int) -> Int {
  let repeats = repeats(of: length, checkpoints: checkpoints)
  return max(
    length - longest(checkpoints: checkpoints - 1, repeats: repeats),
    longest(checkpoints: checkpoints, repeats: repeats - 2), 1)
}

/// How many more steps are computed than in a forward pass: r L − (c + r)! / ((c + 1)! (r − 1)!), Griewank and Walther 2000.
private func extraSteps(of length: Int, checkpoints: Int) -> Int {
  let repeats = repeats(of: length, checkpoints: checkpoints)
  return repeats * length - longest(checkpoints: checkpoints + 1, repeats: repeats - 1)
}

/// A chain with a batch of random inputs.
private struct Work {
  let inputs: Tensor
  private let model: Module
  private let parameters: [Parameter]
  private let counter = Counter()

  init(_ context: TrialContext, depth: Int, _ schedule: Schedule) {
    let width = context.settings.width
    let steps = (0..<depth).map { [counter] _ in Step(width: width, counter) }
    model = schedule.chain(steps)
    // Initialized as a plain chain, so that all schedules have the same weights.
    Sequential(steps).initialize(seed: UInt64(context.seed))
    parameters = model.parameters.map(\.parameter)
    var random = RandomStream(seed: UInt64(context.seed), name: "inputs")
    inputs = Tensor(shape: [context.settings.batch, width]) {
      for index in $0.indices { $0[index] = Float(random.normalPair().0) }
    }
  }

  func forward() -> Tensor { model(inputs).squared().mean() }

  func backpropagate() { forward().backward() }

  func clear() { for parameter in parameters { parameter.gradient = nil } }

  var gradients: [[UInt32]] { parameters.map { $0.gradient!.values.map(\.bitPattern) } }

  /// The peak memory of a forward and backward pass besides weights, gradients and inputs, as a number of step outputs.
  func peak() -> Double {
    backpropagate()
    let before = TensorMemory.inUse
    TensorMemory.resetPeak()
    backpropagate()
    return Double(TensorMemory.peak - before) / Double(4 * inputs.elementCount)
  }

  /// How often a forward and backward pass computes a step.
  func computedSteps() -> Int {
    counter.count = 0
    backpropagate()
    return counter.count
  }
}

private let outputs = "outputs in memory", megabytes = "MB", time = "time / time with all kept",
  differing = "different gradients"
private let extraPasses = "extra forward passes, by time", extra = "steps computed again"

/// A chain with a schedule.
private func chain(_ name: String, _ title: String, _ schedule: Schedule) -> Variant {
  Variant(name, title) { context in
    let depth = context.settings.depth
    let work = Work(context, depth: depth, schedule), kept = Work(context, depth: depth, .all)
    context.report(extra, Double(work.computedSteps() - depth))
    kept.backpropagate()
    let differ = zip(work.gradients, kept.gradients).reduce(0) { $0 + zip($1.0, $1.1).count { $0 != $1 } }
    work.clear()
    kept.clear()
    let peak = work.peak()
    let times = context.seconds(
      ofBest: context.settings.whole("passes"),
      alternating: [
        { _ = kept.forward() },
        {
          kept.backpropagate()
          kept.clear()
        },
        {
          work.backpropagate()
          work.clear()
        },
      ])
    context.report(outputs, peak)
    context.report(megabytes, peak * Double(4 * work.inputs.elementCount) / 1e6)
    context.report(time, times[2] / times[1], .never)
    context.report(extraPasses, (times[2] - times[1]) / times[0], .never)
    context.report(differing, Double(differ))
  }
}

private func segmented(_ count: Int) -> Variant {
  chain("segments-\(count)", count == 1 ? "one segment" : "\(count) segments", .segments(count))
}

/// Chains of several lengths with each schedule.
private let growth = Variant("growth", "chains of 25 to 1,600 steps, with each schedule") { context in
  for (name, schedule) in schedules {
    let peaks = lengths.map { Work(context, depth: $0, schedule($0)).peak() }
    context.report(name, peaks, over: lengths.map(Double.init))
  }
}
private let lengths = [25, 100, 400, 1_600]

private let rootOfLength = "√L segments", allKept = "all kept", binomially = "binomial"
private let schedules: [(String, @Sendable (Int) -> Schedule)] = [
  (rootOfLength, { .segments(Int(Double($0).squareRoot())) }), (allKept, { _ in .all }),
  (binomially, { .binomial(checkpoints: checkpointsAsRepeats($0)) }),
]

/// The least number of checkpoints with which a chain needs no more repetitions than checkpoints.
private func checkpointsAsRepeats(_ length: Int) -> Int {
  (1...).first { longest(checkpoints: $0, repeats: $0) >= length }!
}

private let uncut = chain("kept", "all activations are kept", .all)
private let counts = [1, 2, 5, 10, 20, 40, 80, 200, 400]
private let cuts = counts.map { segmented($0) }
private let checkpointCounts = [3, 6, 12, 28]
private let binomial = checkpointCounts.map {
  chain("binomial-\($0)", "segments cut again, \($0) checkpoints", .binomial(checkpoints: $0))
}

@Sendable private func meanExtraPasses(_ seed: SeedResults) throws -> Double {
  try cuts.map { try seed[extraPasses, $0] }.reduce(0, +) / Double(cuts.count)
}

/// The time of the extra passes of a binomial chain, relative to the number of extra steps.
private func timeOfSteps(_ seed: SeedResults, _ variant: Variant, _ checkpoints: Int) throws -> Double {
  let steps = extraSteps(of: seed.settings.depth, checkpoints: checkpoints)
  return try seed[extraPasses, variant] * Double(seed.settings.depth) / Double(steps)
}

/// Besides what is kept, a few temporary outputs are in memory, those of the step that is being computed and their gradients:
/// one or two for segments, and four for binomial checkpoints. They were measured, and may be off by a quarter, so that one
/// checkpoint more or less shows. A backward pass also collects the gradients of all weights until its end,
/// width · L / batch times as many numbers as an output has; where these exceed one output they may add to the peak.
private func temporaries(_ counts: ClosedRange<Double>, _ settings: Settings, _ length: Int) -> Expectation {
  let gradients = Double(settings.width * length) / Double(settings.batch)
  return .between(counts.lowerBound - 0.25, counts.upperBound + 0.25 + max(0, gradients - 1))
}
private let ofSegments = 1.0...2, ofCheckpoints = 4.0...4

extension Experiment {
  /// One chain of 400 steps, cut into 1 to 400 segments or cut again and again, and chains of several lengths.
  ///
  /// Measured: the peak memory, how many steps are computed again, the time of a forward and backward pass, and whether
  /// gradients are the same.
  public static let checkpointing = Experiment(
    name: "checkpointing",
    question: "What does it cost to discard activations and compute them again?",
    settings: [
      .depth(400), .width(4), .batch(4_096, quick: 2_048),
      .whole("passes", 10, quick: 2, in: 1...1000, "number of timed passes; the fastest counts"),
      .seeds(3, quick: 1, full: 20),
    ],
    variants: [uncut] + cuts + binomial + [growth],
    claims: [
      memory(
        "s segments: s + L/s outputs are in memory, and one or two temporary ones", ofSegments,
        "Chen et al. 2016, arXiv:1604.06174", zip(counts, cuts), not: (cuts[4], uncut)
      ) { inMemory($0, $1) },
      memory(
        "binomial: the outputs at c checkpoints are in memory, and about 4 temporary ones", ofCheckpoints,
        "Griewank 1992", zip(checkpointCounts, binomial), not: (binomial[0], binomial[1])
      ) { $1 },
      Claim(
        .identity,
        "memory is smallest with √L segments", expected: .exactly(20), source: "Chen et al. 2016, arXiv:1604.06174",
        appliesTo: .init("400 steps") { $0.depth == 400 }
      ) { seed in
        let peaks = try cuts.map { try seed[outputs, $0] }
        return Double(counts[peaks.indices.min { peaks[$0] < peaks[$1] }!])
      },
      longChain(
        rootOfLength, "with √L segments, 1,600 steps need 2 √L outputs in memory, and one or two temporary ones", 80,
        ofSegments,
        "Chen et al. 2016, arXiv:1604.06174", not: binomially),
      longChain(
        binomially, "with 7 checkpoints, 1,600 steps need 7 outputs in memory, and about 4 temporary ones",
        checkpointsAsRepeats(lengths.last!), ofCheckpoints, "Griewank 1992", not: rootOfLength),
      Claim(
        .identity,
        "binomial: as many steps are computed again as r L − (c + r)! / ((c + 1)! (r − 1)!), the least possible number (largest difference)",
        expected: .exactly(0), source: "Griewank and Walther 2000, Algorithm 799"
      ) { seed in
        try zip(checkpointCounts, binomial).map { checkpoints, variant in
          abs(try seed[extra, variant] - Double(extraSteps(of: seed.settings.depth, checkpoints: checkpoints)))
        }.max()!
      },
      Claim(
        .identity, "segments: each step is computed once more (largest difference)", expected: .exactly(0),
        source: "Chen et al. 2016, arXiv:1604.06174"
      ) { seed in try cuts.map { abs(try seed[extra, $0] - Double(seed.settings.depth)) }.max()! },
      Claim(
        .identity, "gradients are the same bit for bit with every schedule (number of different ones)",
        expected: .exactly(0), source: "the same operations, computed again"
      ) { seed in try (cuts + binomial).map { try seed[differing, $0] }.reduce(0, +) },
      // Kept activations are written to memory and read again, those of a segment may stay in caches, and so part of the time
      // of the extra pass may be saved.
      Claim(
        .theory,
        "with segments it takes the time of about one extra forward pass (rounded, it is 1; mean over all numbers of segments)",
        expected: .between(0.5, 1.5), source: "Chen et al. 2016, arXiv:1604.06174, who count operations",
        appliesTo: .times,
        rejects: [
          .value("all activations are kept") { try $0[extraPasses, uncut] },
          .value("binomial-28, with 1.9 passes") { try $0[extraPasses, binomial.last!] },
        ], measure: meanExtraPasses),
      Claim(
        .theory,
        "binomial-3: the extra steps take the time that as many take in forward passes (measured / predicted)",
        expected: .near(1, withinFactor: 1.5), source: "Griewank and Walther 2000; tolerance: variation of timings",
        appliesTo: .times,
        rejects: [
          .swapping(binomial[0], for: cuts[4]), .swapping(binomial[0], for: binomial[1]),
        ]
      ) { try timeOfSteps($0, binomial[0], checkpointCounts[0]) },
    ],
    figures: [
      ExperimentFigure(
        "memory-and-time",
        "Memory against the number of segments, time against memory, and memory against the length of the chain"
      ) { results in
        func panel(_ title: String, _ name: String, x: Axis, y: Axis, x of: (Variant, Int) -> Double) -> Panel {
          var panel = Panel(title: title, x: x, y: y)
          let series = [("segments", counts, cuts), ("binomial", checkpointCounts, binomial)]
          for (index, (label, numbers, variants)) in series.enumerated() {
            let x = zip(variants, numbers).map { of($0, $1) }, y = variants.map { results.median(name, of: $0) }
            let color = ColorRole.series(index == 0 ? 0 : 2)
            panel.marks += [
              LineMark(x: x, y: y, color: color), DotMark(x: x, y: y, color: color, shape: .ofSeries(index)),
            ]
            panel.directLabels.append(DirectLabel(at: y.last, label, color: color))
          }
          return panel
        }
        let number = Axis(.log, "segments, or checkpoints")
        var memory = panel("Memory", outputs, x: number, y: Axis(.log, "outputs in memory")) { Double($1) }
        memory.marks.append(RuleMark(.horizontal, at: results.median(outputs, of: uncut)))
        var times = panel(
          "Memory and time", time, x: Axis(.log, "outputs in memory"),
          y: Axis(.linear, "time / time with all kept", includes: [0])
        ) { variant, _ in results.median(outputs, of: variant) }
        times.marks.append(RuleMark(.horizontal, at: 1))
        var lengths = Panel(
          title: "Memory against length", x: Axis(.log, "steps in the chain"), y: Axis(.log, "outputs in memory"))
        for (index, name) in [rootOfLength, allKept, binomially].enumerated() {
          guard let curve = results.series(name, of: growth).first else { continue }
          lengths.marks += [
            LineMark(x: curve.x, y: curve.y, color: .series(index)),
            DotMark(x: curve.x, y: curve.y, color: .series(index), shape: .ofSeries(index)),
          ]
          lengths.directLabels.append(DirectLabel(at: curve.y.last, name, color: .series(index)))
        }
        return Figure(
          title: "Memory and time of checkpointing · checkpointing",
          subtitle: "a chain of \(results.settings.depth) steps, median of seeds; dashed: all activations are kept",
          panels: [
            memory, times, lengths,
          ], columns: 3, description: "Memory against segments, time against memory, and memory against length.",
          size: Size(width: 1300, height: 440))
      }
    ],
    isTimed: true)
}

/// The claim that the outputs in memory are `predicted` and some temporary ones.
private func memory(
  _ statement: String, _ temporary: ClosedRange<Double>, _ source: String, _ variants: Zip2Sequence<[Int], [Variant]>,
  not null: (Variant, Variant), _ predicted: @escaping @Sendable (Settings, Int) -> Int
) -> Claim {
  let pairs = Array(variants), middle = (temporary.lowerBound + temporary.upperBound) / 2
  return Claim(
    .finding, source: source + "; temporary outputs: measured", rejects: [.swapping(null.0, for: null.1)],
    statement: { _ in "\(statement) (temporary ones, the number that is farthest from \(formatShortest(middle)))" },
    expected: { temporaries(temporary, $0, $0.depth) },
    measure: { seed in
      let differences = try pairs.map { try seed[outputs, $1] - Double(predicted(seed.settings, $0)) }
      return differences.max { abs($0 - middle) < abs($1 - middle) }!
    })
}

/// The claim that the longest chain needs `predicted` outputs in memory and some temporary ones.
private func longChain(
  _ schedule: String, _ statement: String, _ predicted: Int, _ temporary: ClosedRange<Double>, _ source: String,
  not null: String
) -> Claim {
  Claim(
    .finding, source: source + "; temporary outputs: measured",
    rejects: [.value(null) { try $0.series(null, of: growth).y.last! - Double(predicted) }],
    statement: { _ in "\(statement) (the number of these)" },
    expected: { temporaries(temporary, $0, lengths.last!) },
    measure: { try $0.series(schedule, of: growth).y.last! - Double(predicted) })
}

/// s + L/s, where the last segment may be shorter than the others.
private func inMemory(_ settings: Settings, _ segments: Int) -> Int {
  let length = (settings.depth + segments - 1) / segments
  return length + (settings.depth + length - 1) / length
}
