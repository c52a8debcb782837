import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

private final class Block: Module {
  let norm = LayerNorm(12), inner = Linear(12, 12), relu = ReLU(), outer = Linear(12, 12)
  override func forward(_ x: Tensor) -> Tensor { x + 0.5 * outer(relu(inner(norm(x)))) }
}

private final class ResidualNet: Module {
  let stem = Linear(8, 12), blocks = Sequential((0..<3).map { _ in Block() }), head = Linear(12, 2)
  override func forward(_ x: Tensor) -> Tensor { head(blocks(stem(x))) }
}

private final class Attention: Module {
  let query = Linear(8, 8), key = Linear(8, 8), value = Linear(8, 8), output = Linear(8, 8)
  override func forward(_ x: Tensor) -> Tensor {
    let q = query(x), k = key(x), v = value(x)
    return output(matmul(softmax(matmul(q, k, transposeRight: true) * (1 / Float(8).squareRoot())), v))
  }
}

private final class AttentionNet: Module {
  let embed = Linear(4, 8), attention = Attention(), norm = LayerNorm(8), head = Linear(8, 1)
  override func forward(_ x: Tensor) -> Tensor {
    let x = embed(x)
    return head(norm(x + attention(x)).mean(axes: [1]))
  }
}

private final class Gate: Module {
  let input = Linear(4, 6), state = Linear(6, 6)
  override func forward(_ x: Tensor, _ h: Tensor) -> Tensor { input(x) + state(h) }
}

private final class Cell: Module {
  let reset = Gate(), update = Gate(), new = Gate()
  override func forward(_ x: Tensor, _ h: Tensor) -> Tensor {
    let r = sigmoid(reset(x, h)), z = sigmoid(update(x, h))
    return (1 - z) * tanh(new(x, r * h)) + z * h
  }
}

private final class RecurrentNet: Module {
  let cell = Cell(), head = Linear(6, 3)
  override func forward(_ x: Tensor) -> Tensor {
    let start = Tensor(repeating: 0, shape: [x.shape[0], 6])
    return head(
      (0..<x.shape[1]).reduce(start) { h, time in cell(x.sliced(1, time..<time + 1).reshaped([x.shape[0], 4]), h) })
  }
}

/// Runs of nets of primitive modules compared, column by column, with those that the recorder for PyTorch writes of the same nets with the
/// same weights and batches (`Python/tests/make_runs.py`).
@Suite struct PyTorchRunTests {
  /// The numbers that `Tables` compares differ by less than this, relative to the size of what they measure.
  static let tolerance = 1e-4

  @Test(arguments: ["connected", "convolutional", "residual", "attention", "recurrent"])
  func runsAreThoseOfPyTorch(_ kind: String) throws {
    let url = URL(filePath: "\(repositoryRoot)/Tests/RecordingTests/Reference/pytorch_runs.json")
    let all = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: [String: Any]])
    let reference = try #require(all[kind])
    let start = try #require(reference["start"] as? [String: [Double]])
    let inputs = try #require(reference["inputs"] as? [[Double]])
    let targets = try #require(reference["targets"] as? [[Double]])
    let shape = try #require(reference["shape"] as? [Int])
    let net: Module =
      switch kind {
      case "connected":
        Sequential(Linear(8, 16), ReLU(), Linear(16, 16), Tanh(), Linear(16, 16), Sigmoid(), Linear(16, 3))
      case "convolutional":
        Sequential(
          Conv2d(2, 4, kernelSize: 3, padding: 1, bias: false), BatchNorm(4), ReLU(), Conv2d(4, 6, kernelSize: 3),
          GlobalAveragePool2d(), Linear(6, 3))
      case "residual": ResidualNet()
      case "attention": AttentionNet()
      default: RecurrentNet()
      }
    net.initialize(seed: 0)
    for (path, parameter) in net.parameters {
      let values = try #require(start[path], "\(path)")
      parameter.set(Tensor(values.map(Float.init), shape: parameter.shape))
    }
    let optimizer: Optimizer =
      switch kind {
      case "convolutional", "attention": Adam(net, learningRate: 0.01)
      case "residual": SGD(net, learningRate: 0.01)
      default: SGD(net, learningRate: 0.1, momentum: 0.9, weightDecay: 0.01)
      }
    try withTemporaryFolder { folder in
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", warn: { Issue.record("\($0)") })
      for (x, y) in zip(inputs, targets) {
        var input = Tensor(x.map(Float.init), shape: Shape(shape))
        // Channels come last here.
        if kind == "convolutional" { input = input.transposed(0, 2, 3, 1) }
        let output = net(input), target = y.map(Float.init)
        let loss =
          switch kind {
          case "residual": meanSquaredError(output, Tensor(target, shape: output.shape))
          case "attention": binaryCrossEntropy(logits: output, Tensor(target, shape: output.shape))
          default: crossEntropy(output, y.map { Int($0) })
          }
        loss.backward()
        optimizer.step()
        try recorder.step(loss: loss)
      }
      let run = try recorder.finish()
      let expected = try #require(reference["tables"] as? [String: [[Any]]])
      let tables = try Tables(PlainSQL(run.path), expected, isImages: kind == "convolutional")
      try tables.compareAll()
    }
  }
}

/// Compares the tables of a run file with those of another, which JSON holds.
private struct Tables {
  let sql: PlainSQL
  let expected: [String: [[Any]]]
  let isImages: Bool

  init(_ sql: PlainSQL, _ expected: [String: [[Any]]], isImages: Bool) {
    (self.sql, self.expected, self.isImages) = (sql, expected, isImages)
  }

  func compareAll() throws {
    try compareTexts("site", "path, module, call, kind, depth, is_layer, shape")
    try compareTexts("parameter", "path, shape, site, optimizers, frozen")
    try compareNumbers("step", "step, loss, accuracy, learning_rate")
    try compareNumbers("layer", "*")
    try compareNumbers("weight", "*")
    try compareNumbers("scalar", "step, value")
    try compareNumbers(
      "summary",
      "steps, recorded_steps, sites, layers, parameters, final_loss, final_accuracy, gradient_step, gradient_axis, gradient_points, "
        + "gradient_factor, gradient_ratio, nonfinite_step")
    #expect(try sql("SELECT * FROM event").isEmpty && expected["event"]?.isEmpty == true)
    try compareFacts()
  }

  private func compareTexts(_ table: String, _ columns: String) throws {
    let rows = try #require(expected[table]).map { $0.map(text) }
    let found = try sql("SELECT \(columns) FROM \(table)")
    #expect(!rows.isEmpty && rows.count == found.count, "\(table)")
    for (row, other) in zip(rows, found) { #expect(row.map(comparable) == other.map(comparable), "\(table)") }
  }

  /// A shape without spaces; the sizes of images are in another order.
  private func comparable(_ cell: String) -> String {
    guard cell.hasPrefix("[") else { return cell }
    let sizes = cell.dropFirst().dropLast().split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    return "\(isImages && sizes.count == 4 ? sizes.sorted() : sizes)"
  }

  private func compareNumbers(_ table: String, _ columns: String) throws {
    let rows = try #require(expected[table]), found = try sql("SELECT \(columns) FROM \(table)")
    #expect(rows.count == found.count, "\(table)")
    for (row, other) in zip(rows, found) {
      // The size of an activation, or of what a row holds.
      let size = table == "layer" ? number(row[4]) ?? 0 : 0
      for column in row.indices {
        let activation = table == "layer" && (2...6).contains(column)
        #expect(
          isNear(row[column], other[column], size: activation ? size : 0),
          "\(table), column \(column), row \(other): \(row[column])")
      }
    }
  }

  /// All facts but those that Python can't see: where a parameter's values came from.
  private func compareFacts() throws {
    let columns = "coalesce(step, -1), subject, coalesce(item, ''), name"
    let found = try sql("SELECT \(columns), value FROM fact WHERE name NOT IN ('values_from', 'initializer')")
    // Those of the last step are written again when the recording ends.
    let known = Dictionary(found.map { ($0.prefix(4).joined(separator: " "), $0[4]) }) { $1 }
    let rows = try #require(expected["fact"])
    #expect(rows.count == found.count)
    for row in rows {
      let key = [
        number(row[0]).map { "\(Int($0))" } ?? "-1", text(row[1]), row[2] is NSNull ? "" : text(row[2]), text(row[3]),
      ]
      .joined(separator: " ")
      guard let value = known[key] else {
        Issue.record("no fact \(key): \(row)")
        continue
      }
      guard text(row[4]) == "json" else {
        #expect(isNear(row[5], value, size: 1), "\(key): \(row[5]), \(value)")
        continue
      }
      let pair = try [text(row[5]), value].map { try JSONSerialization.jsonObject(with: Data($0.utf8)) }
      #expect(isNearJSON(pair[0], pair[1]), "\(key): \(row[5]), \(value)")
    }
  }

  private func isNearJSON(_ a: Any, _ b: Any) -> Bool {
    switch (a, b) {
    case (let a as [Any], let b as [Any]): a.count == b.count && zip(a, b).allSatisfy { isNearJSON($0, $1) }
    case (let a as [String: Any], let b as [String: Any]):
      a.count == b.count && a.allSatisfy { key, value in b[key].map { isNearJSON(value, $0) } ?? false }
    default: isNear(a, text(b), size: 1)
    }
  }

  private func isNear(_ expected: Any, _ found: String, size: Double) -> Bool {
    guard let a = number(expected), let b = Double(found) else { return text(expected) == found }
    return a == b || abs(a - b) <= PyTorchRunTests.tolerance * max(abs(a), abs(b), size)
  }

  private func number(_ value: Any) -> Double? { (value as? NSNumber)?.doubleValue }

  private func text(_ value: Any) -> String { value is NSNull ? "NULL" : "\(value)" }
}
