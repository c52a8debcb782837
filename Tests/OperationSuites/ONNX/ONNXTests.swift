import Autodiff
import Foundation
import TestSupport
import Testing

/// ONNX's node tests, of version 1.23.2: each case is passed, fails, or is left out with a reason. `export.py` writes them.
@Suite struct ONNXTests {
  static let cases = try! ONNXCases()

  /// What came of each case: nil if it passed, else why it was left out, or what is wrong.
  static let outcomes: [(name: String, operator: String, leftOut: LeftOut?, problem: String?)] =
    cases.run.map { given in
      do {
        return (given.name, given.operator, nil, try problem(of: given))
      } catch let reason as LeftOut {
        return (given.name, given.operator, reason, nil)
      } catch {
        return (given.name, given.operator, nil, "\(error)")
      }
    } + cases.leftOut.map { ($0.name, $0.operator, $0.reason, nil) }

  @Test func everyCaseThatIsRunAgrees() {
    for outcome in Self.outcomes {
      if let problem = outcome.problem { Issue.record("\(outcome.name): \(problem)") }
    }
  }

  /// The table holds the counts, so that no case is left out silently.
  @Test func tableInTheResultsIsRight() throws {
    let results = try String(contentsOfFile: "\(repositoryRoot)/Benchmarks/RESULTS.md", encoding: .utf8)
    if !results.contains(Self.table) { Issue.record("Benchmarks/RESULTS.md should hold this table:\n\(Self.table)") }
  }

  static var table: String {
    func row(_ what: String, _ cases: [String]) -> String {
      let counts = Dictionary(grouping: cases) { $0 }.sorted { $0.key < $1.key }
      return "| \(what) | \(cases.count) | \(counts.map { "\($0.key) \($0.value.count)" }.joined(separator: ", ")) |"
    }
    let passed = outcomes.filter { $0.leftOut == nil && $0.problem == nil }
    let failed = outcomes.filter { $0.problem != nil }
    let rows = LeftOut.allCases.map { reason in
      row("left out: \(reason.words)", outcomes.filter { $0.leftOut == reason }.map(\.operator))
    }
    return
      (["| cases | count | operators |", "| --- | --- | --- |", row("passed", passed.map(\.operator))]
      + [row("failed", failed.map(\.operator))] + rows + ["| all | \(outcomes.count) | |"]).joined(separator: "\n")
  }

  /// What differs from the outputs that are right; nil if nothing does. Throws the reason if the case can't be run.
  static func problem(of given: ONNXCase) throws -> String? {
    guard let mapping = onnxMappings[given.operator] else { throw LeftOut.operator }
    let node = ONNXNode(given)
    let outputs = try mapping(node)
    guard node.unread.isEmpty else { return "ignores \(node.unread.sorted())" }
    guard outputs.count >= given.outputs.count else { return "\(outputs.count) outputs of \(given.outputs.count)" }
    for (index, (found, expected)) in zip(outputs, given.outputs).enumerated() {
      guard let expected else { continue }
      guard Array(found.shape) == expected.shape else {
        return "output \(index) has the shape \(found.shape) instead of \(Shape(expected.shape))"
      }
      let values = try expected.values()
      if let place = firstDifference(found.values, values, tolerance(of: expected, in: given)) {
        return "output \(index) is \(found.values[place]) instead of \(values[place]) at element \(place)"
      }
    }
    return nil
  }

  /// The difference that is allowed, relative to each number and, ten times smaller, to the largest; 0 for integers. In 16 bits it is a
  /// rounding or two of the precision, since ONNX rounds after other operations than the project.
  private static func tolerance(of expected: ONNXCase.Numbers, in given: ONNXCase) -> Float {
    switch expected.type {
    // ONNX's own tolerance, since the outputs of this case are written with four digits.
    case "float32" where given.name == "test_averagepool_2d_ceil_last_window_starts_on_pad": 1e-3
    case "float32", "float64": 1e-5
    case "float16": 2e-3
    case "bfloat16": 1.6e-2
    default: 0
    }
  }

  private static func firstDifference(_ found: [Float], _ expected: [Float], _ tolerance: Float) -> Int? {
    let largest = expected.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
    return found.indices.first { place in
      let (a, b) = (found[place], expected[place])
      if a.isNaN || b.isNaN { return a.isNaN != b.isNaN }
      return a != b && !(abs(a - b) <= tolerance * (abs(b) + 0.1 * largest))
    }
  }
}

extension LeftOut {
  fileprivate var words: String {
    switch self {
    case .operator: "no such operation"
    case .type: "a type that is not held"
    case .controlFlow: "control flow"
    case .size: "more than 20,000 numbers"
    case .option: "an option that the operation does not have"
    }
  }
}
