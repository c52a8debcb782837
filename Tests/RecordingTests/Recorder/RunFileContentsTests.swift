import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// The tables of a recorded run other than `layer` and `weight`, which `RecorderTests` compares with a slow computation.
@Suite struct RunFileContentsTests {
  private let inputs = Tensor(sampleValues(30), shape: [5, 6])
  private let labels = [0, 1, 2, 0, 1]

  private func net() -> Sequential {
    let net = Sequential(Linear(6, 8, initializer: .heNormal), ReLU(), Linear(8, 3))
    net.initialize(seed: 2)
    return net
  }

  private func step(_ net: Module, _ optimizers: [Optimizer], _ recorder: Recorder) throws {
    let loss = crossEntropy(net(inputs), labels)
    loss.backward()
    for optimizer in optimizers { optimizer.step() }
    try recorder.step(loss: loss, accuracy: 0.4)
  }

  @Test func aParameterThatIsFrozenLaterIsAnEvent() throws {
    try withTemporaryFolder { folder in
      let net = net(), optimizer = SGD(net, learningRate: 0.1)
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo")
      try step(net, [optimizer], recorder)
      try step(net, [optimizer], recorder)
      try optimizer.group("0.*", isFrozen: true)
      try step(net, [optimizer], recorder)
      try step(net, [optimizer], recorder)
      try optimizer.group("0.*", isFrozen: false)
      try step(net, [optimizer], recorder)
      let run = try recorder.finish()
      #expect(
        run.events == [
          Event(step: 2, kind: .parameterChanged, text: "0.weight is frozen from this step on"),
          Event(step: 2, kind: .parameterChanged, text: "0.bias is frozen from this step on"),
          Event(step: 4, kind: .parameterChanged, text: "0.weight is trained from this step on"),
          Event(step: 4, kind: .parameterChanged, text: "0.bias is trained from this step on"),
        ])
      let sql = try PlainSQL(run.path)
      #expect(try sql("SELECT step, site, kind, text FROM event")[0] == ["2", "NULL", "parameter", run.events[0].text])
      #expect(try sql("SELECT frozen FROM parameter ORDER BY id") == Array(repeating: ["0"], count: 4))
    }
  }

  @Test func aParameterThatIsFrozenFromTheStartIsARow() throws {
    try withTemporaryFolder { folder in
      let net = net(), optimizer = SGD(net, learningRate: 0.1)
      try optimizer.group("0.*", isFrozen: true)
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo")
      try step(net, [optimizer], recorder)
      let run = try recorder.finish()
      #expect(run.events.isEmpty && run.parameters.map(\.isFrozen) == [true, true, false, false])
      #expect(run.parameters.allSatisfy { $0.optimizers == [0] })
    }
  }

  @Test func parametersNameTheirOptimizers() throws {
    final class Net: Module {
      let a = Linear(6, 8), shared = Linear(8, 8), b = Linear(8, 3), free = Linear(6, 3)
      override func forward(_ x: Tensor) -> Tensor { b(tanh(shared(a(x)))) + free(x) }
    }
    try withTemporaryFolder { folder in
      let net = Net()
      net.initialize(seed: 1)
      let optimizers = [
        SGD(Sequential(net.a, net.shared), learningRate: 0.1), SGD(Sequential(net.shared, net.b), learningRate: 0.1),
      ]
      let recorder = try Recorder(net, optimizers, writingTo: folder + "/run.rheo")
      try step(net, optimizers, recorder)
      let run = try recorder.finish()
      let rows = try PlainSQL(run.path)("SELECT path, optimizers, frozen FROM parameter ORDER BY id")
      let expected = [("a", "[0]", "0"), ("shared", "[0,1]", "0"), ("b", "[1]", "0"), ("free", "[]", "0")]
      #expect(
        rows == expected.flatMap { name, held, frozen in ["weight", "bias"].map { ["\(name).\($0)", held, frozen] } })
      #expect(run.parameters.map(\.optimizers) == [[0], [0], [0, 1], [0, 1], [1], [1], [], []])
    }
  }

  @Test func numbersAndEvaluationsAreScalarsOfTheLastStep() throws {
    try withTemporaryFolder { folder in
      let net = net(), optimizer = SGD(net, learningRate: 0.1)
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo")
      try recorder.record("temperature", 3)
      for _ in 0..<3 { try step(net, [optimizer], recorder) }
      try recorder.record("temperature", .nan)
      try recorder.record(Evaluation(loss: 0.5, accuracy: 0.75))
      try recorder.record(Evaluation("holdout", loss: 1.5))
      let run = try recorder.finish()
      #expect(try run.scalarNames() == ["holdout_loss", "temperature", "test_accuracy", "test_loss"])
      #expect(try run.scalars("test_loss") == [Scalar(step: 2, value: 0.5)])
      #expect(try run.scalars("test_accuracy") == [Scalar(step: 2, value: 0.75)])
      #expect(try run.scalars("holdout_loss") == [Scalar(step: 2, value: 1.5)])
      let temperature = try run.scalars("temperature")
      #expect(temperature.map(\.step) == [0, 2] && temperature[0].value == 3 && temperature[1].value.isNaN)
    }
  }

  /// Every column of the summary that plain SQL can compute, for a run of 25 steps.
  @Test func theSummaryEqualsSQL() throws {
    try withTemporaryFolder { folder in
      let net = net(), optimizer = SGD(net, learningRate: 0.1)
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo", probes: .standard.every(2), warn: { _ in })
      for _ in 0..<25 { try step(net, [optimizer], recorder) }
      let run = try recorder.finish(), sql = try PlainSQL(run.path)
      func number(_ query: String) throws -> Double { try #require(Double(sql(query)[0][0])) }
      let gradient = "SELECT gradient_rms FROM layer JOIN site ON id = site WHERE step = 0 AND is_layer AND depth ="
      let last = "(SELECT * FROM step ORDER BY step DESC LIMIT 20)"
      let expected = [
        "steps": "SELECT count(*) FROM step", "recorded_steps": "SELECT count(DISTINCT step) FROM layer",
        "sites": "SELECT count(*) FROM site", "layers": "SELECT sum(is_layer) FROM site",
        "parameters":
          "SELECT sum(json_extract(shape, '$[0]') * coalesce(json_extract(shape, '$[1]'), 1)) FROM parameter",
        "final_loss": "SELECT avg(loss) FROM \(last)", "final_accuracy": "SELECT avg(accuracy) FROM \(last)",
        "gradient_step": "SELECT min(step) FROM layer",
        "gradient_points": "SELECT count(DISTINCT depth) FROM site WHERE is_layer",
        "gradient_ratio": "SELECT (\(gradient) 1) / (\(gradient) 2)",
        // Two points: the line goes through both.
        "gradient_factor": "SELECT (\(gradient) 1) / (\(gradient) 2)", "seconds": "SELECT max(seconds) FROM step",
      ]
      for (column, query) in expected {
        let (stored, computed) = (try number("SELECT \(column) FROM summary"), try number(query))
        #expect(abs(stored - computed) <= 1e-12 * abs(computed), "\(column): \(stored), SQL \(computed)")
      }
      #expect(try sql("SELECT gradient_axis, nonfinite_step FROM summary") == [["depth", "NULL"]])
      #expect(try run.summary().stepCount == 25 && run.summary().recordedStepCount == 13)
      #expect(try run.summary().finalLoss == run.finalLoss)
    }
  }

  @Test func metadataNamesTheSourceOfDepthsAndTheModeOfProducts() throws {
    try withTemporaryFolder { folder in
      let net = net(), optimizer = SGD(net, learningRate: 0.1)
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", meta: [.variant: "small"])
      try step(net, [optimizer], recorder)
      let run = try recorder.finish(meta: [.testAccuracy: "0.5"])
      #expect(run.meta[.depthSource] == "tape" && run.meta[.model] == net.description)
      #expect(run.meta[.bfloat16Products] == BFloat16Products.current.rawValue)
      #expect(["native", "widened"].contains(run.meta[.bfloat16Products]))
      #expect(run.meta[.variant] == "small" && run.meta[.testAccuracy] == "0.5")
      let plain = try Recorder(writingTo: folder + "/plain.rheo")
      plain.observe("x", inputs)
      try plain.step(loss: Tensor(0))
      let other = try plain.finish()
      #expect(other.meta[.depthSource] == "call order" && other.meta[.model] == nil)
      #expect(other.meta[.bfloat16Products] == BFloat16Products.current.rawValue)
    }
  }

  /// The mode of the thread that records, also if it is not the default.
  @Test func theModeOfProductsIsThatOfTheThread() throws {
    let before = BFloat16Products.current
    BFloat16Products.current = .widened
    defer { BFloat16Products.current = before }
    try withTemporaryFolder { folder in
      let recorder = try Recorder(writingTo: folder + "/run.rheo", warn: { _ in })
      #expect(try recorder.finish().meta[.bfloat16Products] == "widened")
    }
  }

  @Test func aThoroughRecordingMeetsTheFormat() throws {
    try withTemporaryFolder { folder in
      let net = net(), optimizer = Adam(net, learningRate: 0.01)
      let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", probes: .thorough)
      recorder.observe("outside", inputs)
      for _ in 0..<3 { try step(net, [optimizer], recorder) }
      try recorder.record(Evaluation(loss: 0.5, accuracy: 0.75))
      let run = try recorder.finish()
      #expect(try RunFileCheck.problems(at: run.path) == [])
      #expect(try run.measureNames().contains(.gradientNoiseScale) && !run.histograms("activation").isEmpty)
      // The whole file, whatever table a text would be in.
      let bytes = try Data(contentsOf: URL(fileURLWithPath: run.path))
      for text in [
        folder, NSTemporaryDirectory(), FileManager.default.currentDirectoryPath, ProcessInfo.processInfo.hostName,
      ]
      where text.count > 4 && text != "localhost" {
        #expect(bytes.range(of: Data(text.utf8)) == nil, "the file holds “\(text)”")
      }
    }
  }
}
