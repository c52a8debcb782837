import ExperimentHarness
import Foundation
import Rheoscope

// On its way back blame is multiplied by what layers computed on the way forward, so a net keeps all of that until blame has come by.
// It can forget instead, and compute again. Let a chain of L steps be cut into s segments. What goes into each segment is kept; the
// rest is forgotten. When blame arrives at a segment, the segment is computed again, and what its L/s steps give is kept until blame
// has gone through. At any time that is s + L/s numbers of one kind, where it was L; least where both are √L. And each step is done
// twice, so it takes one more pass forward.

/// `depth` steps, each a product and tanh. What a step gives is kept, the product on the way to it is not.
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

  /// The most that a pass there and back has in memory besides weights, gradients and inputs, as a number of outputs of a step.
  func peak() -> Double {
    backpropagate()
    let before = TensorMemory.inUse
    TensorMemory.resetPeak()
    backpropagate()
    return Double(TensorMemory.peak - before) / Double(4 * inputs.elementCount)
  }
}

private let outputs = "outputs in memory", megabytes = "MB", time = "time / all kept",
  differing = "gradients that differ"
private let passesMore = "passes forward more"

/// A chain in segments; nil keeps everything.
private func segmented(_ segments: Int?) -> Variant {
  let title = segments.map { $0 == 1 ? "one segment" : "\($0) segments" } ?? "everything is kept"
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
    context.report(passesMore, (times[2] - times[1]) / times[0], .never)
    context.report(differing, Double(differ))
  }
}

/// Chains of several lengths, in √L segments and with everything kept.
private let growth = Variant("growth", "√L segments of chains of 25 to 1,600 steps") { context in
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

@Sendable private func passesMoreOnAverage(_ seed: OneSeed) throws -> Double {
  try cuts.map { try seed[passesMore, $0] }.reduce(0, +) / Double(cuts.count)
}

/// Besides what is kept there are a few outputs under way: of the step that is being computed, and the blame for it.
private let underWay = 6.0

extension Experiment {
  /// One chain of 400 steps, cut into 1 to 400 segments; and chains of several lengths.
  ///
  /// Measured: the most that is in memory, the time of a pass there and back, and whether gradients are the same.
  public static let checkpointing = Experiment(
    name: "checkpointing",
    question: "What does it cost to forget activations and compute them again?",
    settings: [
      .depth(400), .width(8), .batch(2_048, quick: 1_024),
      .whole("passes", 10, quick: 3, in: 1...1000, "how often a pass is made; the fastest counts"),
      .seeds(3, quick: 1, full: 20),
    ],
    variants: [uncut] + cuts + [growth],
    claims: zip(counts, cuts).map { count, variant in
      Claim(
        source: "Chen et al. 2016, arXiv:1604.06174; tolerance: what is under way",
        statement: { "\(variant.name): \(inMemory($0, count)) outputs are in memory, s + L/s" },
        expected: { .between(Double(inMemory($0, count)) - 2, Double(inMemory($0, count)) + underWay) },
        measure: { try $0[outputs, variant] })
    } + [
      Claim(
        "memory is least with √L segments", expected: .exactly(20), source: "Griewank and Walther 2000",
        about: .init("400 steps") { $0.depth == 400 }
      ) { seed in
        let peaks = try cuts.map { try seed[outputs, $0] }
        return Double(counts[peaks.indices.min { peaks[$0] < peaks[$1] }!])
      },
      Claim(
        "with √L segments 1,600 steps need 2 √L outputs in memory", expected: .between(78, 80 + underWay),
        source: "Chen et al. 2016, arXiv:1604.06174"
      ) { try $0.series(rootOfLength, of: growth).y.last! },
    ]
      + cuts.map {
        Claim(
          "\($0.name): gradients are the same to the bit", $0, differing, .exactly(0),
          source: "the same arithmetic, done twice")
      }
      + [
        Claim(
          "on the average over all cuts it takes no more than one pass forward more", expected: .between(0, 1.2),
          source: "Chen et al. 2016, arXiv:1604.06174; tolerance: what timings vary by", measure: passesMoreOnAverage)
      ],
    disagreements: [
      Disagreement(
        with: Claim(
          "on the average over all cuts it takes one whole pass forward more", expected: .near(1, withinShare: 0.2),
          source: "Chen et al. 2016, arXiv:1604.06174, who count arithmetic", measure: passesMoreOnAverage),
        why:
          "What is kept is written to memory and read again. 400 outputs are more than caches hold, a segment is not. So on "
          + "some processors a part of that pass is won back, on others nothing.")
    ],
    pictures: [
      ExperimentFigure(
        "memory-and-time", "Memory and time over the number of segments, and memory over the length of the chain"
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
          title: "Memory over length", x: Axis(.log, "steps of the chain"), y: Axis(.log, "outputs in memory"))
        for (index, name) in [rootOfLength, allKept].enumerated() {
          guard let curve = results.series(name, of: growth).first else { continue }
          lengths.marks += [
            LineMark(x: curve.x, y: curve.y, color: .series(index)),
            DotMark(x: curve.x, y: curve.y, color: .series(index), shape: .ofSeries(index)),
          ]
          lengths.directLabels.append(DirectLabel(at: curve.y.last, name, color: .series(index)))
        }
        return Figure(
          title: "Forgetting, and computing again · checkpointing",
          subtitle: "a chain of \(results.settings.depth) steps, median of seeds; dashed: everything is kept",
          panels: [
            panel("Memory", megabytes, allKept: results.median(megabytes, of: uncut), y: Axis(.log, "MB")),
            panel("Time", time, allKept: 1, y: Axis(.linear, "time / that of keeping all", includes: [0])), lengths,
          ], columns: 3, description: "Memory and time over segments, and memory over length.",
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
