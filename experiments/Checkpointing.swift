import ExperimentHarness
import Foundation
import Rheoscope

// The backward pass needs the activations of the forward pass, so a net keeps them all until then. It can discard them
// instead and compute them again: checkpointing. Cut a chain of L steps into s segments, and keep only the input of each
// segment. When the backward pass reaches a segment, its L/s activations are computed again and kept until the gradient has
// passed. At any time s + L/s activations are in memory instead of L; this is least where both are √L. Each step is computed
// twice, so it costs one more forward pass.

/// `depth` steps, each a matrix product and tanh. The output of a step is kept, the product is not.
private func chain(_ depth: Int, width: Int, segments: Int?) -> Sequential {
  let steps = (0..<depth).map { _ in
    Sequential(Linear(width, width, bias: false, initializer: .orthogonal()), Tanh())
  }
  return Sequential(steps, checkpointed: segments != nil, segments: segments)
}

/// A chain with a batch of random inputs.
private struct Work {
  let model: Sequential
  let inputs: Tensor
  private let parameters: [Parameter]

  init(_ context: TrialContext, depth: Int, segments: Int?) {
    let width = context.settings.width
    model = chain(depth, width: width, segments: segments)
    model.initialize(seed: UInt64(context.seed))
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
}

private let outputs = "outputs in memory", megabytes = "MB", time = "time / time with all kept",
  differing = "different gradients"
private let extraPasses = "extra forward passes"

/// A chain in segments; nil keeps all activations.
private func segmented(_ segments: Int?) -> Variant {
  let title = segments.map { $0 == 1 ? "one segment" : "\($0) segments" } ?? "all activations are kept"
  return Variant(segments.map { "segments-\($0)" } ?? "kept", title) { context in
    let depth = context.settings.depth
    let work = Work(context, depth: depth, segments: segments), kept = Work(context, depth: depth, segments: nil)
    work.backpropagate()
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

/// Chains of several lengths, in √L segments and with all activations kept.
private let growth = Variant("growth", "chains of 25 to 1,600 steps in √L segments") { context in
  let lengths = [25, 100, 400, 1_600]
  for (name, segments) in [(rootOfLength, { Int(Double($0).squareRoot()) }), (allKept, nil as ((Int) -> Int)?)] {
    let peaks = lengths.map { Work(context, depth: $0, segments: segments?($0)).peak() }
    context.report(name, peaks, over: lengths.map(Double.init))
  }
}

private let rootOfLength = "√L segments", allKept = "all kept"
private let uncut = segmented(nil)
private let counts = [1, 2, 5, 10, 20, 40, 80, 200, 400]
private let cuts = counts.map { segmented($0) }

@Sendable private func meanExtraPasses(_ seed: SeedResults) throws -> Double {
  try cuts.map { try seed[extraPasses, $0] }.reduce(0, +) / Double(cuts.count)
}

/// Besides what is kept, a few outputs are in memory: those of the step that is being computed, and their gradients.
private let temporaries = 6.0

extension Experiment {
  /// One chain of 400 steps, cut into 1 to 400 segments, and chains of several lengths.
  ///
  /// Measured: the peak memory, the time of a forward and backward pass, and whether gradients are the same.
  public static let checkpointing = Experiment(
    name: "checkpointing",
    question: "What does it cost to discard activations and compute them again?",
    settings: [
      .depth(400), .width(8), .batch(2_048, quick: 1_024),
      .whole("passes", 10, quick: 3, in: 1...1000, "number of timed passes; the fastest counts"),
      .seeds(3, quick: 1, full: 20),
    ],
    variants: [uncut] + cuts + [growth],
    claims: zip(counts, cuts).map { count, variant in
      Claim(
        .finding,
        source: "Chen et al. 2016, arXiv:1604.06174; tolerance: temporary tensors",
        statement: { "\(variant.name): s + L/s = \(inMemory($0, count)) outputs are in memory" },
        expected: { .between(Double(inMemory($0, count)) - 2, Double(inMemory($0, count)) + temporaries) },
        measure: { try $0[outputs, variant] })
    } + [
      Claim(
        .finding,
        "memory is smallest with √L segments", expected: .exactly(20), source: "Griewank and Walther 2000",
        appliesTo: .init("400 steps") { $0.depth == 400 }
      ) { seed in
        let peaks = try cuts.map { try seed[outputs, $0] }
        return Double(counts[peaks.indices.min { peaks[$0] < peaks[$1] }!])
      },
      Claim(
        .finding,
        "with √L segments, 1,600 steps need 2 √L outputs in memory", expected: .between(78, 80 + temporaries),
        source: "Chen et al. 2016, arXiv:1604.06174"
      ) { try $0.series(rootOfLength, of: growth).y.last! },
    ]
      + cuts.map {
        Claim(
          .finding,
          "\($0.name): gradients are the same bit for bit", $0, differing, .exactly(0),
          source: "the same operations, computed twice")
      }
      + [
        Claim(
          .finding,
          "averaged over all numbers of segments, it costs no more than one extra forward pass",
          expected: .between(0, 1.2),
          source: "Chen et al. 2016, arXiv:1604.06174; tolerance: variation of timings", measure: meanExtraPasses)
      ],
    disagreements: [
      Disagreement(
        with: Claim(
          .finding,
          "averaged over all numbers of segments, it costs one whole extra forward pass",
          expected: .near(1, withinShare: 0.2),
          source: "Chen et al. 2016, arXiv:1604.06174, who count operations", measure: meanExtraPasses),
        reason:
          "Activations that are kept are written to memory and read again. 400 outputs do not fit into caches, a segment does. So "
          + "on some processors part of the extra pass is saved, on others nothing.")
    ],
    figures: [
      ExperimentFigure(
        "memory-and-time", "Memory and time against the number of segments, and memory against the length of the chain"
      ) { results in
        let x = counts.map(Double.init)
        func panel(_ title: String, _ name: String, allKept limit: Double, y: Axis) -> Panel {
          let values = cuts.map { results.median(name, of: $0) }
          return Panel(
            title: title, x: Axis(.log, "segments"), y: y,
            marks: [
              RuleMark(.horizontal, at: limit), LineMark(x: x, y: values, color: .series(0)),
              DotMark(x: x, y: values, color: .series(0)),
            ])
        }
        var lengths = Panel(
          title: "Memory against length", x: Axis(.log, "steps in the chain"), y: Axis(.log, "outputs in memory"))
        for (index, name) in [rootOfLength, allKept].enumerated() {
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
            panel("Memory", megabytes, allKept: results.median(megabytes, of: uncut), y: Axis(.log, "MB")),
            panel("Time", time, allKept: 1, y: Axis(.linear, "time / time with all kept", includes: [0])), lengths,
          ], columns: 3, description: "Memory and time against segments, and memory against length.",
          size: Size(width: 1300, height: 440))
      }
    ],
    isTimed: true)
}

/// s + L/s, where the last segment may be shorter than the others.
private func inMemory(_ settings: Settings, _ segments: Int) -> Int {
  let length = (settings.depth + segments - 1) / segments
  return length + (settings.depth + length - 1) / length
}
