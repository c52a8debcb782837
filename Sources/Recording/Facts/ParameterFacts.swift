import Autodiff
import NeuralNetworks
import RunFile

/// Facts of parameters: their first values, and how often a gradient reached them.
struct ParameterFacts {
  /// For each parameter, by its id in the table `parameter`: the recorded steps with a gradient, and those in which all of it was 0.
  private var reached: [Double] = [], zero: [Double] = []
  /// Of each parameter in this step: 0 no gradient, 1 a gradient of 0, 2 another.
  private var now: [UInt8] = []
  /// The recorded steps in which an optimizer changed any parameter.
  private var steps = 0.0
  private var isStepCounted = false

  /// Counts an optimizer's change of a parameter.
  @inline(__always)
  mutating func count(_ id: Int, gradientNorm: Double) {
    if id >= now.count { now += [UInt8](repeating: 0, count: id + 1 - now.count) }
    isStepCounted = true
    now[id] = max(now[id], gradientNorm == 0 ? 1 : 2)
  }

  /// Ends a recorded step. A parameter that was changed several times in it counts once.
  mutating func endStep() {
    guard isStepCounted else { return }
    isStepCounted = false
    steps += 1
    if reached.count < now.count {
      reached += [Double](repeating: 0, count: now.count - reached.count)
      zero += [Double](repeating: 0, count: now.count - zero.count)
    }
    for id in now.indices where now[id] > 0 {
      reached[id] += 1
      if now[id] == 1 { zero[id] += 1 }
      now[id] = 0
    }
  }

  /// Facts of the first values of the parameters with these paths, before any update; those without a value are left out.
  static func first(of parameters: [(path: String, parameter: Parameter)]) -> [Fact] {
    parameters.flatMap { path, parameter -> [Fact] in
      guard let source = parameter.source, parameter.shape.count > 1 else { return [] }
      func fact(_ name: FactName, _ value: Fact.Value) -> Fact {
        Fact(subject: .parameter(path), name: name, value: value)
      }
      return [
        fact(.valuesFrom, .text(source.rawValue)), fact(.initializer, .text(parameter.initializer.description)),
        fact(.fanIn, .number(Double(parameter.fan.inputs))),
        fact(.equalUnits, .number(shareOfEqualUnits(parameter.observedValue))),
      ]
    }
  }

  /// The parameters whose units are still all equal.
  static func stillEqual(_ parameters: [(path: String, parameter: Parameter, isHeld: Bool)]) -> [String] {
    parameters.filter { _, parameter, _ in
      parameter.shape.count > 1 && parameter.source != nil && shareOfEqualUnits(parameter.observedValue) == 1
    }.map(\.path)
  }

  /// The share of rows of [units, …] that equal the first.
  private static func shareOfEqualUnits(_ weight: Tensor) -> Double {
    let rows = weight.shape[0], columns = weight.elementCount / max(rows, 1)
    guard rows > 1, columns > 0 else { return 0 }
    let equal = weight.withValues { values in
      (1..<rows).reduce(0) { count, row in
        (0..<columns).allSatisfy { values[row * columns + $0] == values[$0] } ? count + 1 : count
      }
    }
    return Double(equal) / Double(rows - 1)
  }

  /// The shares of steps without a gradient and with a gradient of 0, of the parameters with these ids and paths, where they are above 0.
  /// A parameter that no optimizer changes is judged by whether it has a gradient now.
  func facts(of parameters: [(path: String, parameter: Parameter, isHeld: Bool)]) -> [(String, FactName, Double)] {
    parameters.enumerated().flatMap { id, entry -> [(String, FactName, Double)] in
      guard entry.isHeld else {
        return entry.parameter.gradient == nil ? [(entry.path, .withoutGradient, 1)] : []
      }
      // Before the first step, and where all are skipped, no optimizer has told which gradients there are.
      guard steps > 0 else { return [] }
      let reached = id < reached.count ? reached[id] : 0, zero = id < zero.count ? zero[id] : 0
      var facts: [(String, FactName, Double)] = []
      if reached < steps { facts.append((entry.path, .withoutGradient, 1 - reached / steps)) }
      if zero > 0 { facts.append((entry.path, .zeroGradient, zero / steps)) }
      return facts
    }
  }

  func save(to state: inout SavedState) {
    state.numbers["reached"] = reached
    state.numbers["zero"] = zero
    state.numbers["updated_steps"] = [steps]
  }

  mutating func restore(from state: SavedState) throws {
    reached = state.numbers["reached"] ?? []
    zero = try state.numbers("zero", reached.count) ?? reached.map { _ in 0 }
    steps = try state.numbers("updated_steps", 1)?[0] ?? 0
  }
}
