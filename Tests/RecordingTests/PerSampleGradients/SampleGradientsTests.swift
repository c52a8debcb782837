import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// Calls a closure of the test with each step.
private struct StepProbe: Probe {
  let about = ProbeDescription(name: "step", quantity: "", unit: "", cost: "", source: "")
  let needs: ProbeNeeds = .samples
  let take: (ProbedStep) -> Void

  func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) { take(step) }
}

/// A Transformer of tokens.
private final class TokenNet: Module {
  let table = Embedding(5, 8)
  let block = TransformerBlock(8, heads: 2, hidden: 3)
  let last = RMSNorm(8)
  let head = Linear(8, 3)
  override func forward(_ x: Tensor) -> Tensor { head(last(block(table(x))).mean(axes: [1])) }
}

/// A cell that is called five times, on a state with several positions.
private final class RecurrentNet: Module {
  let cell = Linear(6, 6)
  let norm = LayerNorm(6)
  let head = Linear(6, 3, bias: false)
  override func forward(_ x: Tensor) -> Tensor {
    var state = x
    for _ in 0..<5 { state = norm(tanh(cell(state))) + x }
    return head(state)
  }
}

/// An embedding that shares its weight with the head, and rows that are not samples.
private final class TiedNet: Module {
  let table = Embedding(3, 4)
  let spread = Linear(4, 4)
  let norm = BatchNorm(4)
  let scaled = Residual.reZero(Tanh(), Linear(4, 4))
  let head: TiedHead
  let normalized = SpectralNorm(Linear(4, 4))
  override init() {
    head = TiedHead(table.weight)
    super.init()
  }
  override func forward(_ x: Tensor) -> Tensor {
    let rows = spread(table(x).reshaped(-1, 4)).reshaped(x.shape[0], x.shape[1], 4)
    return head(scaled(norm(normalized(rows.mean(axes: [1])))))
  }
}

private final class TiedHead: Module {
  let weight: Parameter
  init(_ weight: Parameter) { self.weight = weight }
  override func forward(_ x: Tensor) -> Tensor { matmul(x, weight.value, transposeRight: true) }
}

@Suite struct SampleGradientsTests {
  static let kinds = [
    "fully connected", "few places", "many places", "convolution", "windows", "sequences", "norms", "narrow attention",
    "Transformer",
    "recurrence",
  ]

  private func example(_ kind: String) -> (net: Module, inputs: Tensor) {
    func values(_ shape: Shape) -> Tensor { Tensor(sampleValues(shape.elementCount), shape: shape) }
    switch kind {
    case "fully connected": return (Sequential(Linear(6, 8), Tanh(), Linear(8, 3, bias: false)), values([7, 6]))
    case "few places": return (Sequential(Linear(9, 20), Tanh(), Flatten(), Linear(60, 3)), values([7, 3, 9]))
    case "many places":
      return (
        Sequential(Linear(3, 2), Tanh(), Linear(2, 4, bias: false), Flatten(), Linear(44, 3)), values([7, 11, 3])
      )
    case "convolution":
      return (
        Sequential(
          Conv2d(2, 4, kernelSize: 3, stride: 2, padding: 1, groups: 2), Tanh(),
          Conv2d(4, 6, kernelSize: 1, bias: false),
          Conv2d(6, 5, kernelSize: 2), GlobalAveragePool2d(), Linear(5, 3)), values([7, 9, 8, 2])
      )
    case "windows":
      return (
        Sequential(
          Conv2d(
            2, 4, kernelSize: [3, 2], stride: [2, 1], dilation: [1, 2],
            padding: .sides(before: [1, 0], after: [0, 3]),
            groups: 2), Tanh(),
          ConvTranspose2d(
            4, 6, kernelSize: [3, 2], stride: [2, 1], padding: [1, 0], outputPadding: [1, 0], groups: 2),
          Tanh(), Conv2d(6, 5, kernelSize: [2, 3], stride: 2, padding: .same), Tanh(),
          ConvTranspose2d(5, 2, kernelSize: 1, stride: 2, bias: false), GlobalAveragePool2d(), Linear(2, 3)),
        values([7, 5, 6, 2])
      )
    case "sequences":
      return (
        Sequential(
          Conv1d(2, 4, kernelSize: 3, dilation: 2, padding: .same), Tanh(), MaxPool1d(kernelSize: 2),
          ConvTranspose1d(4, 3, kernelSize: 4, stride: 2, padding: .same), Tanh(),
          AdaptiveAveragePool1d(outputSize: 3), Flatten(), Linear(9, 3)), values([7, 9, 2])
      )
    case "norms": return (Sequential(LayerNorm(6), Linear(6, 8), RMSNorm(8), Linear(8, 3)), values([7, 6]))
    case "narrow attention": return (SlowNet.attentive.make(), values([7, 6]))
    case "Transformer":
      return (TokenNet(), Tensor((0..<42).map { Float($0 * $0 % 5) }, shape: [7, 6]))
    case "recurrence": return (RecurrentNet(), values([7, 6]))
    default: fatalError(kind)
    }
  }

  private let labels = [0, 1, 2, 0, 1, 1, 2]

  /// The gradient of each sample, by parameter.
  private func slowGradients(_ net: Module, _ inputs: Tensor, _ labels: [Int]) -> [[ObjectIdentifier: [Double]]] {
    let size = inputs.elementCount / 7, values = inputs.values
    return (0..<7).map { sample in
      let alone = Tensor(
        Array(values[sample * size..<(sample + 1) * size]), shape: Shape([1] + inputs.shape.dropFirst()))
      let parameters = net.parameters.map(\.parameter)
      let found = gradients(
        of: crossEntropy(net(alone), [labels[sample]]), withRespectTo: parameters.map(\.value))
      return Dictionary(
        uniqueKeysWithValues: zip(parameters, found).map { (ObjectIdentifier($0), $1.values.map(Double.init)) })
    }
  }

  @Test(arguments: kinds, ["plainly", "clipped", "scaled"])
  func sharesAreThoseOfALoopOverSamples(_ kind: String, _ way: String) throws {
    let (net, inputs) = example(kind)
    net.initialize(seed: 3)
    let slow = slowGradients(net, inputs, labels)
    var steps = 0, notices: [String] = []
    let probe = StepProbe { step in
      steps += 1
      guard let samples = step.samples else { return #expect(Bool(false), "no samples") }
      let own = step.layers.filter { !$0.path.hasSuffix("]") && !$0.module.ownParameters.isEmpty }
      #expect(samples.count == 7 && samples.layers.map(\.layer.path) == own.map(\.path))
      #expect(
        samples.layers.flatMap { $0.layer.module.ownParameters }.count == net.parameters.count, "all parameters count")
      for layer in samples.layers {
        let parameters = layer.layer.module.ownParameters.map { ObjectIdentifier($0.parameter) }
        let gradients = slow.map { sample in parameters.flatMap { sample[$0]! } }
        let mean = gradients[0].indices.map { index in gradients.reduce(0) { $0 + $1[index] } / 7 }
        let norms = gradients.map { dot($0, $0) }
        let products = gradients.map { dot($0, mean) }
        #expect(relativeDifference(layer.squaredNorms.map(Float.init), norms) < 1e-5, "\(layer.layer.path)")
        #expect(
          relativeDifference(layer.productsWithGradient.map(Float.init), products) < 2e-5, "\(layer.layer.path)")
        #expect(abs(layer.gradientSquare / dot(mean, mean) - 1) < 2e-5, "\(layer.layer.path)")
        let own = layer.layer.module.ownParameters.map { $0.parameter.value.detached() }
        let some = layer.products(with: own[0], own.count > 1 ? own[1] : nil, samples: 7)
        let few = layer.products(with: own[0], own.count > 1 ? own[1] : nil, samples: 3)
        #expect(relativeDifference(few.map(Float.init), Array(some.prefix(3))) < 1e-6)
      }
    }
    try withTemporaryFolder { folder in
      let optimizer = SGD(net, learningRate: 0.1)
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo", probes: [probe], warn: { notices.append($0) })
      let loss = crossEntropy(net(inputs), labels)
      let scaler = LossScaler(scale: 1024)
      (way == "scaled" ? scaler.scaled(loss) : loss).backward()
      if way == "clipped" { optimizer.clipGradients(toNorm: 0.01) }
      if way == "scaled" { scaler.step(optimizer) } else { optimizer.step() }
      try recorder.step(loss: loss)
      _ = try recorder.finish()
    }
    #expect(steps == 1 && notices.isEmpty)
  }

  @Test func whatCannotBeToldIsSaidOnce() throws {
    try withTemporaryFolder { folder in
      let net = TiedNet()
      net.initialize(seed: 3)
      let optimizer = SGD(net, learningRate: 0.1)
      var notices: [String] = [], counted: [String] = []
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo",
        probes: [StepProbe { counted = $0.samples!.layers.map(\.layer.path) }, GradientNoise()],
        warn: { notices.append($0) })
      let inputs = Tensor([0, 1, 2, 2, 1, 0, 0, 0], shape: [4, 2])
      for _ in 0..<3 {
        let loss = crossEntropy(net(inputs), [0, 1, 2, 0])
        loss.backward()
        optimizer.step()
        try recorder.step(loss: loss)
      }
      let run = try recorder.finish()
      #expect(counted == ["scaled.1"])
      #expect(try run.measures("gradient_noise_scale").contains { $0.site == nil })
      #expect(
        notices.sorted() == [
          "per-sample gradients leave out norm: each output depends on all samples",
          "per-sample gradients leave out scaled: modules of the type Residual are not supported",
          "per-sample gradients leave out spread: there are 8 rows for 4 samples",
          "per-sample gradients leave out table, normalized.layer, head: a parameter is shared with another module",
        ])
    }
  }

  /// The number of samples is that of the model's input, even if the first layer has more rows.
  @Test func samplesAreThoseOfTheInput() throws {
    final class Folding: Module {
      let each = Linear(3, 4), head = Linear(8, 3)
      override func forward(_ x: Tensor) -> Tensor {
        head(tanh(each(x.reshaped(8, 3))).reshaped(4, 8))
      }
    }
    try withTemporaryFolder { folder in
      let net = Folding()
      net.initialize(seed: 3)
      let optimizer = SGD(net, learningRate: 0.1)
      var notices: [String] = [], counted: [String] = []
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo",
        probes: [StepProbe { counted = $0.samples!.layers.map(\.layer.path) }], warn: { notices.append($0) })
      let loss = crossEntropy(net(Tensor(sampleValues(24), shape: [4, 6])), [0, 1, 2, 0])
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
      _ = try recorder.finish()
      #expect(counted == ["head"])
      #expect(notices == ["per-sample gradients leave out each: there are 8 rows for 4 samples"])
    }
  }

  /// Clipping to a norm scales only trained parameters; clipping to a value scales no gradient as a whole.
  @Test(arguments: ["frozen", "by value"]) func layersWithAnotherScaleAreLeftOut(_ way: String) throws {
    try withTemporaryFolder { folder in
      let (net, inputs) = example("fully connected")
      net.initialize(seed: 3)
      let optimizer = SGD(net, learningRate: 0.1)
      // The smaller of the two layers.
      if way == "frozen" { try optimizer.group("2.*", isFrozen: true) }
      var notices: [String] = [], counted: [String] = [], scales: [Double] = []
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo",
        probes: [
          StepProbe { step in
            counted = step.samples!.layers.map(\.layer.path)
            scales = step.samples!.layers.map(\.gradientSquare)
          }
        ], warn: { notices.append($0) })
      let loss = crossEntropy(net(inputs), labels)
      loss.backward()
      let square = net.parameters.filter { $0.path.hasPrefix("0.") }.reduce(0) { sum, found in
        let values = found.parameter.gradient!.values.map(Double.init)
        return sum + dot(values, values)
      }
      if way == "frozen" { optimizer.clipGradients(toNorm: 0.01) } else { optimizer.clipGradients(toValue: 0.02) }
      optimizer.step()
      try recorder.step(loss: loss)
      _ = try recorder.finish()
      let left = way == "frozen" ? "2" : "0"
      #expect(counted == ["0", "2"].filter { $0 != left })
      if way == "frozen" { #expect(scales.count == 1 && abs(scales[0] / square - 1) < 1e-4) }
      #expect(
        notices == [
          "per-sample gradients leave out \(left): their gradients are scaled differently from those of other layers"
        ])
    }
  }

  @Test func severalPassesBeforeAStepAreLeftOut() throws {
    try withTemporaryFolder { folder in
      let (net, inputs) = example("fully connected")
      net.initialize(seed: 3)
      let optimizer = SGD(net, learningRate: 0.1)
      var notices: [String] = []
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo", probes: [GradientNoise()], warn: { notices.append($0) })
      for _ in 0..<2 { crossEntropy(net(inputs), labels).backward() }
      optimizer.step()
      try recorder.step(loss: Tensor(0))
      #expect(try recorder.finish().measures("gradient_noise_scale").isEmpty)
      #expect(
        notices == ["per-sample gradients leave out 0, 2: the step had several passes"])
    }
  }

  /// The noise by its definition, of the whole model and of each layer, over several steps.
  @Test(arguments: ["fully connected", "convolution", "Transformer"], [0, 0.7])
  func noiseAndTestsFollowTheirDefinitions(_ kind: String, _ smoothing: Double) throws {
    // The recorder does not observe the twin.
    let (net, inputs) = example(kind), twin = example(kind).net
    for net in [net, twin] { net.initialize(seed: 3) }
    // Most labels are equal, so that the true gradient is larger than the noise.
    let labels = [0, 0, 0, 1, 0, 0, 0], steps = 4
    let paths = twin.modules.filter { !$0.module.ownParameters.isEmpty }.map(\.path)
    /// By step, of the model and of each layer.
    var expected: [[String: Double]] = [], noises: [String: [Double]] = [:], signals: [String: [Double]] = [:]
    var layers: [[String: Double]] = []
    /// The quotient of the exponential moving averages of all steps so far, which begin at 0.
    func ratio(_ above: [Double], _ below: [Double]) -> Double {
      func average(_ values: [Double]) -> Double {
        sum(values.count) { (1 - smoothing) * pow(smoothing, Double(values.count - 1 - $0)) * values[$0] }
      }
      return average(above) / average(below)
    }
    try withTemporaryFolder { folder in
      let optimizer = SGD(net, learningRate: 0.1)
      let recorder = try Recorder(
        net, optimizer, writingTo: folder + "/run.rheo",
        probes: [GradientNoise(smoothing: smoothing), GradientTests()])
      for _ in 0..<steps {
        for (own, other) in zip(twin.parameters, net.parameters) { own.parameter.set(other.parameter.value) }
        let slow = slowGradients(twin, inputs, labels)
        layers.append([:])
        for path in paths + ["whole"] {
          let parameters = twin.parameters.filter {
            path == "whole" || $0.path[..<($0.path.lastIndex(of: ".") ?? $0.path.startIndex)] == path
          }
          let all = slow.map { sample in parameters.flatMap { sample[ObjectIdentifier($0.parameter)]! } }
          let mean = all[0].indices.map { index in all.reduce(0) { $0 + $1[index] } / 7 }
          let square = dot(mean, mean)
          func deviation(_ part: ([Double]) -> [Double]) -> Double {
            all.reduce(0) { $0 + dot(part($1), part($1)) } / (7 * 6)
          }
          func difference(_ a: [Double], _ b: [Double], _ factor: Double = 1) -> [Double] {
            zip(a, b).map { $0 - factor * $1 }
          }
          let noise = 7 * deviation { difference($0, mean) }
          noises[path, default: []].append(noise)
          signals[path, default: []].append(square - noise / 7)
          let scale = ratio(noises[path]!, signals[path]!), signal = 7 / scale
          let found = ["gradient_noise_scale": scale, "gradient_snr": signal.squareRoot()]
          layers[layers.count - 1].merge(found.map { ("\(path) \($0)", $1) }) { $1 }
          guard path == "whole" else { continue }
          expected.append([
            "gradient_variance": noise,
            "norm_test": (deviation { difference($0, mean) } / square).squareRoot(),
            "inner_product_test": (deviation { [dot($0, mean) - square] }).squareRoot() / square,
            "orthogonality_test": (deviation { difference($0, mean, dot($0, mean) / square) } / square).squareRoot(),
            "sample_gradient_norm_max": all.map { dot($0, $0).squareRoot() }.max()!,
            "sample_gradient_norm_mean": all.map { dot($0, $0).squareRoot() }.reduce(0, +) / 7,
          ])
        }
        let loss = crossEntropy(net(inputs), labels)
        loss.backward()
        optimizer.step()
        try recorder.step(loss: loss)
      }
      let run = try recorder.finish()
      for step in 0..<steps {
        for (name, value) in expected[step] {
          let found = try #require(
            try run.measures(MeasureName(rawValue: name)).first { $0.site == nil && $0.step == step }?.value)
          #expect(abs(found / value - 1) < 2e-5, "\(name): \(found), \(value)")
        }
        for name in [MeasureName.gradientNoiseScale, .gradientSNR] {
          let all = try run.measures(name).filter { $0.step == step }
          #expect(all.count == paths.count + 1)
          for measure in all {
            let path = measure.site.map { site in run.sites.first { $0.id == site }!.path } ?? "whole"
            let value = try #require(layers[step]["\(path) \(name)"], "\(path)")
            // If G² ≤ 0, the signal-to-noise ratio is 0 and the noise scale infinite.
            let wanted = value.isNaN ? 0 : name == "gradient_noise_scale" && value < 0 ? .infinity : value
            #expect(
              measure.value == wanted || abs(measure.value / wanted - 1) < 1e-4,
              "\(name) of \(path) at step \(step): \(measure.value), \(wanted)")
          }
        }
      }
      let scales = try run.measures("gradient_noise_scale").map(\.value)
      #expect(scales.contains { $0.isFinite }, "not all is noise")
    }
  }
}
