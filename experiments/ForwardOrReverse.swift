import ExperimentHarness
import Foundation
import Rheoscope

// A net with n inputs and m outputs has n · m derivatives: the Jacobian. The chain rule multiplies one matrix per layer, and
// gives the same product from either end.
//
// Forward mode begins at the inputs. Beside each value it computes how fast the value changes as one input changes, layer by
// layer. One pass finds the derivatives of all outputs with respect to one input, so the Jacobian takes n passes.
//
// Reverse mode begins at the outputs; it is backpropagation. One pass finds the derivatives of one output with respect to all
// inputs, so the Jacobian takes m passes.
//
// Here a pass of either mode costs the same: two matrix products per layer. In forward mode these are W x and W ẋ, where ẋ is
// the derivative of x. In reverse mode they are W x, and Wᵀ g in the backward pass, where g is the gradient. (Each pass computes
// the values again. Keeping them would save both modes the same product.) So the smaller of n and m decides. A loss is one
// output, and a net has many parameters: that is why nets are trained by reverse mode.
//
// Finite differences are the control. They need no rules of calculus, and two evaluations of the net per input.

// MARK: Forward mode

/// A value and its derivative in one direction of inputs or weights; nil is zero.
private struct Dual {
  let value: Tensor
  var derivative: Tensor?
}

private struct Layer {
  var weight: Dual
  var bias: Dual
}

/// W x + b, whose derivative is W ẋ + Ẇ x + ḃ.
private func linear(_ x: Dual, _ layer: Layer) -> Dual {
  let value = linear(x.value, weight: layer.weight.value, bias: layer.bias.value)
  let parts = [
    x.derivative.map { linear($0, weight: layer.weight.value) },
    layer.weight.derivative.map { linear(x.value, weight: $0) },
    layer.bias.derivative.map { $0.broadcast(to: value.shape) },
  ].compactMap { $0 }
  return Dual(value: value, derivative: parts.first.map { parts.dropFirst().reduce($0, +) })
}

/// tanh x, whose derivative is (1 − tanh² x) ẋ.
private func tanh(_ x: Dual) -> Dual {
  let value = tanh(x.value)
  return Dual(value: value, derivative: x.derivative.map { $0 * (1 - value.squared()) })
}

/// Layers with tanh between them. Without derivatives it is an ordinary net, of which the tape records what reverse mode needs.
private struct Net {
  var layers: [Layer]
  let evaluations = Counter()

  /// Weights of variance 1/inputs and biases of 0.
  init(_ sizes: [Int], seed: Int) {
    var random = RandomStream(seed: UInt64(seed), name: "weights")
    layers = zip(sizes, sizes.dropFirst()).map { inputs, outputs in
      Layer(
        weight: Dual(value: normal([outputs, inputs], &random) * (1 / Float(inputs).squareRoot())),
        bias: Dual(value: Tensor(repeating: 0, shape: [outputs])))
    }
  }

  func callAsFunction(_ x: Dual) -> Dual {
    evaluations.count += 1
    return linear(layers.dropLast().reduce(x) { tanh(linear($0, $1)) }, layers.last!)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { self(Dual(value: x)).value }
}

private final class Counter {
  var count = 0
}

private func normal(_ shape: Shape, _ random: inout RandomStream) -> Tensor {
  Tensor(shape: shape) { for index in $0.indices { $0[index] = Float(random.normalPair().0) } }
}

/// Zeros but for a one at these indices.
private func ones(_ shape: Shape, at indices: some Sequence<Int>) -> Tensor {
  Tensor(shape: shape) { values in
    values.update(repeating: 0)
    for index in indices { values[index] = 1 }
  }
}

// MARK: Jacobians

/// One tensor per pass: the derivatives by one input [batch, m], or those of one output [batch, n].
private typealias Passes = @Sendable (_ net: Net, _ x: Tensor) -> [Tensor]

/// The direction in which one input of each row of the batch changes.
private func direction(_ input: Int, _ x: Tensor) -> Tensor {
  ones(x.shape, at: stride(from: input, to: x.elementCount, by: x.shape[1]))
}

private let forward = jacobian("forward", "forward mode, one pass per input") { net, x in
  (0..<x.shape[1]).map { net(Dual(value: x, derivative: direction($0, x))).derivative! }
}

private let reverse = jacobian("reverse", "reverse mode, one pass per output", givesRows: true) { net, x in
  (0..<net.layers.last!.bias.value.elementCount).map { output in
    let x = x.requiringGradient()
    return gradients(of: net(x).sliced(1, output..<output + 1).sum(), withRespectTo: [x])[0]
  }
}

// The step is about the cube root of float32's precision of 10⁻⁷, where the errors of the formula and of rounding are alike.
private let differences = jacobian("differences", "finite differences, two evaluations per input") { net, x in
  let step: Float = 0.01
  return (0..<x.shape[1]).map { input in
    let change = direction(input, x) * step
    return (net(x + change) - net(x - change)) / (2 * step)
  }
}

private let modes = [forward, reverse, differences]

/// The numbers of inputs at one output, and of outputs at one input.
private let counts = [1, 4, 16, 64, 256]

/// As many inputs as outputs.
private let square = 64

private let overInputs = "cost over inputs", overOutputs = "cost over outputs", entries = "Jacobian"
private let inputExponent = "exponent in inputs", outputExponent = "exponent in outputs"
private let inputPasses = "evaluations for 256 × 1", outputPasses = "evaluations for 1 × 256"
private let manyInputs = "cost of 256 × 1", manyOutputs = "cost of 1 × 256", squareCost = "cost of 64 × 64"

/// The Jacobian in one way, and what it costs: its time over that of one evaluation of the net.
private func jacobian(_ name: String, _ title: String, givesRows: Bool = false, _ passes: @escaping Passes) -> Variant {
  Variant(name, title) { context in
    let settings = context.settings
    func problem(_ inputs: Int, _ outputs: Int) -> (net: Net, x: Tensor) {
      var random = RandomStream(seed: UInt64(context.seed), name: "inputs")
      let net = Net([inputs, settings.width, settings.width, settings.width, outputs], seed: context.seed)
      return (net, normal([settings.batch, inputs], &random))
    }
    func cost(_ inputs: Int, _ outputs: Int) -> Double {
      let (net, x) = problem(inputs, outputs)
      // As many evaluations as the larger size, since a single one is too short for the clock.
      let evaluations = max(inputs, outputs)
      let times = context.seconds(
        ofBest: settings.whole("passes"),
        alternating: [{ for _ in 0..<evaluations { _ = net(x) } }, { _ = passes(net, x) }])
      return Double(evaluations) * times[1] / times[0]
    }
    func evaluations(_ inputs: Int, _ outputs: Int) -> Double {
      let (net, x) = problem(inputs, outputs)
      _ = passes(net, x)
      return Double(net.evaluations.count)
    }

    let (net, x) = problem(square, square)
    let found = passes(net, x).map { $0.values.prefix(square).map(Double.init) }
    context.report(entries, rows: givesRows ? found : found.indices.map { row in found.map { $0[row] } })

    let sizes = counts.map(Double.init)
    let inputCosts = counts.map { cost($0, 1) }, outputCosts = counts.map { cost(1, $0) }
    context.report(inputPasses, evaluations(counts.last!, 1))
    context.report(outputPasses, evaluations(1, counts.last!))
    context.report(manyInputs, inputCosts.last!, .never)
    context.report(manyOutputs, outputCosts.last!, .never)
    context.report(squareCost, cost(square, square), .never)
    context.report(inputExponent, powerLawExponent(x: sizes, y: inputCosts), .never)
    context.report(outputExponent, powerLawExponent(x: sizes, y: outputCosts), .never)
    context.report(overInputs, inputCosts, over: sizes)
    context.report(overOutputs, outputCosts, over: sizes)
  }
}

/// The largest difference between the entries of two Jacobians, relative to the largest entry.
private func difference(_ first: Variant, _ second: Variant, _ seed: SeedResults) throws -> Double {
  largestDifference(try seed.table(entries, of: first).joined(), try seed.table(entries, of: second).joined())
}

private func largestDifference(_ first: some Sequence<Double>, _ second: some Sequence<Double>) -> Double {
  zip(first, second).map { abs($0 - $1) }.max()! / second.map { abs($0) }.max()!
}

// MARK: The gradient of a loss

private let parameters = "parameters", quotient = "forward / reverse", perParameter = "forward / reverse / parameters"
private let forwardTime = "forward ms", reverseTime = "reverse ms", error = "difference"

/// A net of about 10^`decades` parameters, n → n → n → 1, and the gradient of its mean squared error.
private func lossGradient(_ decades: Double) -> Variant {
  let wanted = pow(10, decades), width = Int((wanted / 2).squareRoot())
  return Variant(
    "parameters-1e\(formatShortest(decades))", "the gradient of a loss by \(Int(wanted.rounded())) parameters"
  ) {
    context in
    let batch = context.settings.batch
    var random = RandomStream(seed: UInt64(context.seed), name: "inputs")
    let net = Net([width, width, width, 1], seed: context.seed)
    let x = normal([batch, width], &random), targets = normal([batch, 1], &random)

    func loss(_ net: Net) -> Dual {
      let y = net(Dual(value: x)), error = y.value - targets
      return Dual(value: error.squared().mean(), derivative: y.derivative.map { (2 * error * $0).mean() })
    }
    func byForward() -> [Double] {
      net.layers.indices.flatMap { index in
        [\Layer.weight, \Layer.bias].flatMap { part in
          let shape = net.layers[index][keyPath: part].value.shape
          return (0..<shape.elementCount).map { element in
            var changed = net
            changed.layers[index][keyPath: part].derivative = ones(shape, at: [element])
            return Double(loss(changed).derivative!.value)
          }
        }
      }
    }
    func byReverse() -> [Tensor] {
      var recorded = net
      recorded.layers = net.layers.map {
        Layer(
          weight: Dual(value: $0.weight.value.requiringGradient()), bias: Dual(value: $0.bias.value.requiringGradient())
        )
      }
      return gradients(
        of: loss(recorded).value, withRespectTo: recorded.layers.flatMap { [$0.weight.value, $0.bias.value] })
    }
    var derivatives: [Double] = []
    let forwardSeconds = context.seconds { derivatives = byForward() }
    let reverseSeconds = context.seconds(ofBest: 20 * context.settings.whole("passes")) { _ = byReverse() }
    context.report(parameters, Double(derivatives.count))
    context.report(error, largestDifference(derivatives, byReverse().flatMap { $0.values.map(Double.init) }))
    context.report(forwardTime, 1e3 * forwardSeconds, .never)
    context.report(reverseTime, 1e3 * reverseSeconds, .never)
    context.report(quotient, forwardSeconds / reverseSeconds, .never)
    context.report(perParameter, forwardSeconds / reverseSeconds / Double(derivatives.count), .never)
  }
}

private let losses = [3, 3.5, 4].map { lossGradient($0) }

// MARK: Claims

// float32 rounds each term of a sum by 2⁻²⁴ of its size at most. A derivative sums over the units of four layers, one after
// another.
private func rounding(_ settings: Settings) -> Double { 4 * Double(settings.width) * 0x1p-24 }

// Costs may be off by a factor of two, by what a pass does besides matrix products. If the cost of one is off by two and that of
// 256 by two the other way, the exponent is off by log 4 / log 256.
private let exponentTolerance = log(4) / log(256.0)

private func exponentClaim(
  _ mode: Variant, _ name: String, _ exponent: Double, _ statement: String, null: Variant
) -> Claim {
  Claim(
    .theory, "\(mode.name): the cost \(statement)", mode, name, .near(exponent, within: exponentTolerance),
    source: "Griewank and Walther 2008; passes that cost the same within a factor of 2", appliesTo: .times,
    rejects: [.swapping(mode, for: null)])
}

private let passClaims = [
  (forward, inputPasses, 256.0), (reverse, inputPasses, 1), (differences, inputPasses, 512),
  (forward, outputPasses, 1), (reverse, outputPasses, 256), (differences, outputPasses, 2),
].map { mode, name, count in
  Claim(
    .identity, "\(mode.name): \(name) (inputs × outputs)", mode, name, .exactly(count),
    source: "one pass per input, one per output, or two evaluations per input")
}

private let jacobianClaims: [Claim] = [
  Claim(
    .identity, source: "the chain rule; float32",
    statement: { _ in
      "forward and reverse mode find the same Jacobian of 64 × 64 (largest difference / largest entry)"
    }, expected: { .between(0, rounding($0)) }, measure: { try difference(forward, reverse, $0) }),
  // With a step of h the formula's error is h²/6 times the third derivative, and rounding's 2⁻²⁴/h times values: about 10⁻⁵ both,
  // where entries are 1/8. The third derivative of tanh is at most 2, and there are three layers.
  Claim(
    .identity, "finite differences find the same up to their error (largest difference / largest entry)",
    expected: .between(0, 0.003), source: "Taylor’s theorem; float32"
  ) { try difference(differences, reverse, $0) },
  Claim(
    .finding, "finite differences are ten times less exact than forward mode or worse (difference to reverse mode)",
    expected: .atLeast(10), source: "Griewank and Walther 2008, chapter 1",
    rejects: [.swapping(differences, for: forward)]
  ) { try difference(differences, reverse, $0) / difference(forward, reverse, $0) },
  exponentClaim(forward, inputExponent, 1, "grows as the number of inputs (exponent)", null: reverse),
  exponentClaim(reverse, inputExponent, 0, "does not depend on the number of inputs (exponent)", null: forward),
  exponentClaim(forward, outputExponent, 0, "does not depend on the number of outputs (exponent)", null: reverse),
  exponentClaim(reverse, outputExponent, 1, "grows as the number of outputs (exponent)", null: forward),
  exponentClaim(differences, inputExponent, 1, "grows as the number of inputs (exponent)", null: reverse),
  Claim(
    .theory, "reverse: the derivatives of one output by 256 inputs cost at most 4 evaluations", reverse, manyInputs,
    .between(1, 4), source: "Baur and Strassen 1983; Griewank and Walther 2008, chapter 4", appliesTo: .times,
    rejects: [.swapping(reverse, for: forward), .swapping(reverse, for: differences)]),
  Claim(
    .theory, "forward: the derivatives of 256 outputs by one input cost at most 2.5 evaluations", forward, manyOutputs,
    .between(1, 2.5), source: "Griewank and Walther 2008, chapter 4: 5/2 for forward mode", appliesTo: .times,
    rejects: [.swapping(forward, for: reverse)]),
  Claim(
    .theory, "with 64 inputs and 64 outputs both modes cost the same (forward / reverse)",
    expected: .near(1, withinFactor: 2), source: "two matrix products per layer and pass; the rest: a factor of 2",
    appliesTo: .times,
    rejects: [
      .value("256 inputs and one output") { try $0[manyInputs, forward] / $0[manyInputs, reverse] },
      .value("one input and 256 outputs") { try $0[manyOutputs, forward] / $0[manyOutputs, reverse] },
    ]
  ) { try $0[squareCost, forward] / $0[squareCost, reverse] },
]

private let lossClaims = losses.flatMap { size in
  [
    Claim(
      .identity, "\(size.name): both modes find the same gradient (largest difference / largest element)", size, error,
      .between(0, 1e-4), source: "the chain rule; sums of less than 1,000 products in float32"),
    // Most parameters are those of the first two layers. For one of them forward mode computes two products of values, one with the
    // direction and, for the first layer, one behind it: 3.5 in the mean. Reverse mode computes two, and three in the backward pass.
    // What passes do besides products is not counted, so only the size is predicted, not the 0.7.
    Claim(
      .theory,
      "\(size.name): reverse mode is faster by about the number of parameters, half to twice 0.7 times it (factor / parameters)",
      size, perParameter, .near(0.7, withinFactor: 2),
      source: "matrix products: 3.5 per parameter against 5; the rest: a factor of 2", appliesTo: .times,
      rejects: [
        .value("one pass in either mode") { try 1 / $0[parameters, size] },
        .value("the root of the number of parameters") { try 1 / $0[parameters, size].squareRoot() },
      ]),
  ]
}

// MARK: The experiment

extension Experiment {
  /// The Jacobian of a net with tanh by forward mode, by reverse mode and by finite differences, with 1 to 256 inputs and one output, and
  /// with one input and 1 to 256 outputs; and the gradient of a loss by all parameters. Measured: derivatives and times.
  public static let forwardOrReverse = Experiment(
    name: "forward-or-reverse",
    question: "When does forward mode beat reverse mode?",
    settings: [
      .width(256, quick: 32), .batch(32, quick: 8),
      .whole("passes", 5, quick: 1, in: 1...1000, "number of timed Jacobians; the fastest counts"),
      .seeds(3, quick: 1, full: 20),
    ],
    variants: modes + losses,
    claims: passClaims + jacobianClaims + lossClaims,
    figures: [
      ExperimentFigure("cost", "The cost of derivatives against inputs, outputs and parameters, in both modes") {
        results in
        func panel(_ title: String, _ series: String, _ x: String) -> Panel {
          var panel = Panel(
            title: title, x: Axis(.log, x), y: Axis(.log, "time / time of one evaluation"))
          for (index, mode) in modes.enumerated() {
            let curves = results.series(series, of: mode)
            panel.marks += curves.map { LineMark(x: $0.x, y: $0.y, color: .series(index)) }
            panel.marks += curves.map { DotMark(x: $0.x, y: $0.y, color: .series(index), shape: .ofSeries(index)) }
            panel.directLabels.append(DirectLabel(at: curves.first?.y.last, mode.name, color: .series(index)))
          }
          return panel
        }
        var gradient = Panel(
          title: "The gradient of a loss", x: Axis(.log, "parameters"), y: Axis(.log, "milliseconds"))
        for (index, (name, label)) in [(forwardTime, "forward"), (reverseTime, "reverse")].enumerated() {
          let x = losses.map { results.median(parameters, of: $0) }, y = losses.map { results.median(name, of: $0) }
          gradient.marks.append(LineMark(x: x, y: y, color: .series(index)))
          for (x, size) in zip(x, losses) {
            let values = results.values(name, of: size).map { $0 ?? .nan }
            gradient.marks.append(
              DotMark(x: values.map { _ in x }, y: values, color: .series(index), shape: .ofSeries(index)))
          }
          gradient.directLabels.append(DirectLabel(at: y.last, label, color: .series(index)))
        }
        return Figure(
          title: "What derivatives cost · forward-or-reverse",
          subtitle: "one line per seed; differences: finite differences, the control",
          panels: [
            panel("n inputs, one output", overInputs, "inputs"), panel("one input, m outputs", overOutputs, "outputs"),
            gradient,
          ],
          columns: 3,
          description:
            "Times of Jacobians against the numbers of inputs and outputs, and of gradients against parameters.",
          size: Size(width: 1400, height: 460))
      }
    ],
    isTimed: true)
}
