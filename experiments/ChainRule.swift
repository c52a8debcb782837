import ExperimentHarness
import Rheoscope

// Backpropagation is the chain rule, applied from the output to the input. c = (2x + 3)² consists of three steps, a = 2x, b =
// a + 3, c = b², each with a derivative of its own:
//
//   dc/db = 2b,   db/da = 1,   da/dx = 2,   and so   dc/dx = 2b · 1 · 2.
//
// Three ways to compute dc/dx.

/// By hand, at x = 1.
private let byHand = Variant("by-hand", "derivatives multiplied by hand") { context in
  let x = 1.0, a = 2 * x, b = a + 3, c = b * b
  let derivatives = (cOverB: 2 * b, bOverA: 1.0, aOverX: 2.0)
  context.report("c", c)
  context.report("dc/db", derivatives.cOverB)
  context.report("db/da", derivatives.bOverA)
  context.report("da/dx", derivatives.aOverX)
  context.report("dc/dx", derivatives.cOverB * derivatives.bOverA * derivatives.aOverX)
}

/// The tape records each operation of the forward pass, and the backward pass runs through it in reverse.
private let byTape = Variant("by-tape", "backpropagation") { context in
  let x = Tensor(1).requiringGradient()
  let a = 2 * x, b = a + 3, c = b.squared()
  func derivative(_ y: Tensor, _ x: Tensor) -> Double {
    Double(gradients(of: y, withRespectTo: [x], keepingTape: true)[0].value)
  }
  context.report("c", Double(c.value))
  context.report("dc/db", derivative(c, b))
  context.report("db/da", derivative(b, a))
  context.report("da/dx", derivative(a, x))
  context.report("dc/dx", derivative(c, x))
}

/// Without calculus: the finite difference (c(1.01) − c(1)) / 0.01.
private let byStep = Variant("by-step", "finite difference with a step of 0.01") { context in
  func c(_ x: Float) -> Double { Double((2 * Tensor(x) + 3).squared().value) }
  context.report("c", c(1))
  context.report("c at 1.01", c(1.01))
  context.report("dc/dx", (c(1.01) - c(1)) / 0.01)
}

/// The values that the tape must find.
private let answers = [("c", 25.0), ("dc/db", 10), ("db/da", 1), ("da/dx", 2), ("dc/dx", 20)]

extension Experiment {
  /// One formula, and three ways to compute its derivative. Measured: values and derivatives at x = 1.
  public static let chainRule = Experiment(
    name: "chain-rule",
    question: "What is backpropagation, by hand?",
    settings: [],
    variants: [byHand, byTape, byStep],
    claims: answers.flatMap { name, value in
      [byHand, byTape].map { way in
        Claim(
          .identity, "\(way.name): \(name) is \(formatShortest(value))", way, name, .exactly(value),
          source: "the chain rule")
      }
    } + [
      // float32 has about seven digits, so the spacing of numbers near 25 is 0.000002.
      Claim(
        .identity,
        "at x = 1.01 c is 25.2004", byStep, "c at 1.01", .near(25.2004, within: 0.00001), source: "(2 · 1.01 + 3)²"),
      // c grows by 20 · 0.01 + 4 · 0.01²: the derivative times the step, and a remainder of second order.
      Claim(
        .identity,
        "a step of 0.01 finds the derivative with an error of 4 · 0.01", byStep, "dc/dx", .near(20.04, within: 0.001),
        source: "(2x + 3)² = 25 + 20 (x − 1) + 4 (x − 1)²"),
    ],
    figures: [
      ExperimentFigure("graph", "The computation graph from x to c, with values forward and gradients backward") {
        results in
        let tape = { (name: String) in results.median(name, of: byTape) }
        // The gradient dc/db arrives at b, and each earlier step multiplies it by its own derivative.
        let atB = tape("dc/db"), atA = atB * tape("db/da")
        return try Chart.computationGraph(
          ComputationGraph(
            nodes: ["x", "2 ·", "+ 3", "( )²", "c"].map { .init($0) },
            edges: [
              .init(from: 0, to: 1, value: 1, gradient: tape("dc/dx")), .init(from: 1, to: 2, value: 2, gradient: atA),
              .init(from: 2, to: 3, value: 5, gradient: atB), .init(from: 3, to: 4, value: tape("c"), gradient: 1),
            ]),
          title: "c = (2x + 3)² at x = 1", subtitle: "values in the forward pass, dc/d(value) in the backward pass")
      }
    ])
}
