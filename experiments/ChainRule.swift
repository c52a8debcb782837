import ExperimentHarness
import Rheoscope

// Backpropagation is the chain rule, taken from the end to the beginning. c = (2x + 3)² is made of three steps that a child can
// do, a = 2x, b = a + 3, c = b², and each has a slope that it knows without the others:
//
//   dc/db = 2b,   db/da = 1,   da/dx = 2,   and so   dc/dx = 2b · 1 · 2.
//
// Three ways to that slope.

/// By hand, at x = 1.
private let byHand = Variant("by-hand", "slopes multiplied with pencil and paper") { context in
  let x = 1.0, a = 2 * x, b = a + 3, c = b * b
  let slopes = (cOverB: 2 * b, bOverA: 1.0, aOverX: 2.0)
  context.report("c", c)
  context.report("dc/db", slopes.cOverB)
  context.report("db/da", slopes.bOverA)
  context.report("da/dx", slopes.aOverX)
  context.report("dc/dx", slopes.cOverB * slopes.bOverA * slopes.aOverX)
}

/// The machine writes down each step as it computes it, and walks back along what it wrote: the tape.
private let byTape = Variant("by-tape", "what backpropagation finds by itself") { context in
  let x = Tensor(1).requiringGradient()
  let a = 2 * x, b = a + 3, c = b.squared()
  func slope(_ y: Tensor, _ x: Tensor) -> Double {
    Double(gradients(of: y, withRespectTo: [x], keepingTape: true)[0].value)
  }
  context.report("c", Double(c.value))
  context.report("dc/db", slope(c, b))
  context.report("db/da", slope(b, a))
  context.report("da/dx", slope(a, x))
  context.report("dc/dx", slope(c, x))
}

/// Without any calculus: a step of 0.01, and how much c grows by it.
private let byStep = Variant("by-step", "x moved by 0.01, and c computed again") { context in
  func c(_ x: Float) -> Double { Double((2 * Tensor(x) + 3).squared().value) }
  context.report("c", c(1))
  context.report("c at 1.01", c(1.01))
  context.report("dc/dx", (c(1.01) - c(1)) / 0.01)
}

/// The numbers that the tape must find.
private let answers = [("c", 25.0), ("dc/db", 10), ("db/da", 1), ("da/dx", 2), ("dc/dx", 20)]

extension Experiment {
  /// One formula, three ways to its slope. Measured: values and slopes at x = 1.
  public static let chainRule = Experiment(
    name: "chain-rule",
    question: "What is backpropagation, by hand?",
    settings: [],
    variants: [byHand, byTape, byStep],
    claims: answers.flatMap { name, value in
      [byHand, byTape].map { way in
        Claim("\(way.name): \(name) is \(shortest(value))", way, name, .exactly(value), source: "the chain rule")
      }
    } + [
      // 32 bits hold seven digits, and so 25.2004 to within 0.000002 a step of three.
      Claim(
        "at x = 1.01 c is 25.2004", byStep, "c at 1.01", .near(25.2004, within: 0.00001), source: "(2 · 1.01 + 3)²"),
      // c grows by 20 · 0.01 + 4 · 0.01²: the slope, and a remainder that is smaller the smaller the step.
      Claim(
        "a step of 0.01 finds the slope but for 4 · 0.01", byStep, "dc/dx", .near(20.04, within: 0.001),
        source: "(2x + 3)² = 25 + 20 (x − 1) + 4 (x − 1)²"),
    ],
    pictures: [
      ExperimentFigure("graph", "The steps from x to c, with values forward and slopes backward.") { results in
        let tape = { (name: String) in results.median(name, of: byTape) }
        // Blame for c arrives at b as dc/db, and each step before multiplies it by its own slope.
        let atB = tape("dc/db"), atA = atB * tape("db/da")
        return try Chart.computationGraph(
          ComputationGraph(
            nodes: ["x", "2 ·", "+ 3", "( )²", "c"].map { .init($0) },
            edges: [
              .init(from: 0, to: 1, value: 1, gradient: tape("dc/dx")), .init(from: 1, to: 2, value: 2, gradient: atA),
              .init(from: 2, to: 3, value: 5, gradient: atB), .init(from: 3, to: 4, value: tape("c"), gradient: 1),
            ]),
          title: "c = (2x + 3)² at x = 1", subtitle: "values forward, dc/d(value) backward")
      }
    ])
}
