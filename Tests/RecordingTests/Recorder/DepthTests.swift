import Autodiff
import Foundation
import NeuralNetworks
import Recording
import RunFile
import TestSupport
import Testing

/// Depths and gradient profiles of five nets. The expected values are written here and were not computed by the code.
@Suite struct DepthTests {
  /// Records `steps` steps of a net.
  private func record(
    _ net: Module, in folder: String, steps: Int = 1, _ loss: () -> Tensor
  ) throws -> Run {
    net.initialize(seed: 1)
    let optimizer = SGD(net, learningRate: 0.01)
    let recorder = try Recorder(net, optimizer, writingTo: folder + "/run.rheo", warn: { _ in })
    for _ in 0..<steps {
      let loss = loss()
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
    }
    return try recorder.finish()
  }

  private func depths(of run: Run, where includes: (Site) -> Bool = \.isLayer) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: run.sites.filter(includes).map { ($0.path, $0.depth) })
  }

  /// The profile along depth by plain SQL: the root of the mean square over all elements of the layers that share a depth.
  private func profileBySQL(_ run: Run) throws -> [Double] {
    let count = (0..<4).map { "coalesce(json_extract(s.shape, '$[\($0)]'), 1)" }.joined(separator: " * ")
    return try PlainSQL(run.path)(
      """
      SELECT sum(l.gradient_rms * l.gradient_rms * n) / sum(n)
      FROM layer AS l JOIN (SELECT id, depth, \(count) AS n FROM site AS s WHERE is_layer AND (call = 0 OR depth > 1)) AS s
      ON s.id = l.site WHERE l.step = 0 GROUP BY s.depth ORDER BY s.depth
      """
    ).map { try #require(Double($0[0])).squareRoot() }
  }

  /// Layer norms are no layers: their own weights are vectors.
  @Test func twentyLinearsWithLayerNorms() throws {
    try withTemporaryFolder { folder in
      let net = Sequential((0..<20).flatMap { _ -> [Module] in [Linear(16, 16), LayerNorm(16)] })
      let x = Tensor(sampleValues(8 * 16), shape: [8, 16])
      let run = try record(net, in: folder) { net(x).squared().mean() }
      #expect(run.sites.count == 40 && run.sites.filter(\.isLayer).map(\.depth) == Array(1...20))
      #expect(run.sites.filter { $0.kind == "LayerNorm" }.map(\.depth) == Array(1...20))
      let profile = try #require(try GradientProfile.of(run))
      #expect(profile.axis == .depth && profile.points.map(\.position) == Array(1...20))
      #expect(zip(profile.points.map(\.value), try profileBySQL(run)).allSatisfy { abs($0 / $1 - 1) < 1e-12 })
      #expect(try run.summary().gradientFactor == profile.factor)
    }
  }

  /// Each step of a recurrence is one layer deeper than the step before.
  @Test func aRecurrentNetOfTwentySteps() throws {
    final class Cell: Module {
      let input = Linear(1, 8), state = Linear(8, 8, initializer: .orthogonal(gain: 1))
      override func forward(_ x: Tensor, _ h: Tensor) -> Tensor { tanh(input(x) + state(h)) }
    }
    final class Net: Module {
      let cell = Cell(), head = Linear(8, 1)
      override func forward(_ x: Tensor) -> Tensor {
        let start = Tensor(repeating: 0, shape: [x.shape[0], 8])
        return head((0..<20).reduce(start) { h, time in cell(x.sliced(1, time..<time + 1), h) })
      }
    }
    try withTemporaryFolder { folder in
      let net = Net(), x = Tensor(sampleValues(4 * 20), shape: [4, 20])
      let run = try record(net, in: folder) { net(x).squared().mean() }
      let depths = depths(of: run) { _ in true }
      for step in 0..<20 {
        let call = step == 0 ? "" : "[\(step)]"
        #expect(depths["cell.input\(call)"] == 1, "it sees the input alone")
        // The state before the first step is no layer's output.
        #expect(depths["cell.state\(call)"] == step + 1 && depths["cell\(call)"] == step + 1)
      }
      #expect(depths["head"] == 21)
      let profile = try #require(try GradientProfile.of(run))
      #expect(profile.axis == .calls(of: "cell") && profile.points.map(\.position) == Array(0..<20))
      // The gradient falls over time by a factor that is the slope between its interior points.
      let values = profile.points.map(\.value)
      #expect(values[0] < values[19] && profile.factor! < 1)
      let along = try #require(try GradientProfile.of(run, along: .depth))
      #expect(along.points.map(\.position) == Array(1...21))
      // Later calls of `cell.input` belong to no point.
      #expect(along.points[0].sites.map { run.sites[$0].path } == ["cell.input", "cell.state"])
    }
  }

  /// Embedding 1, four blocks of query, key and value side by side, output, up and down, and the head.
  @Test func aTransformerOfFourBlocks() throws {
    try withTemporaryFolder { folder in
      final class Net: Module {
        let embedding = Embedding(11, 16)
        let blocks = Sequential((0..<4).map { _ in TransformerBlock(16, heads: 2) })
        let head = Linear(16, 11)
        override func forward(_ x: Tensor) -> Tensor { head(blocks(embedding(x))) }
      }
      let net = Net(), x = Tensor((0..<12).map { Float($0 % 11) }, shape: [2, 6])
      let run = try record(net, in: folder) { net(x).squared().mean() }
      let depths = depths(of: run)
      #expect(depths["embedding"] == 1 && depths["head"] == 18)
      for block in 0..<4 {
        let start = 1 + 4 * block
        let inBlock = run.sites.filter { $0.isLayer && $0.module.hasPrefix("blocks.\(block).") }
        #expect(
          inBlock.map(\.depth) == [start + 1, start + 1, start + 1, start + 2, start + 3, start + 4], "\(inBlock)")
      }
      let profile = try #require(try GradientProfile.of(run))
      #expect(profile.points.count == 18 && profile.points[1].sites.count == 3)
      #expect(zip(profile.points.map(\.value), try profileBySQL(run)).allSatisfy { abs($0 / $1 - 1) < 1e-12 })
    }
  }

  /// A stem, nine blocks of two convolutions, and a head; projections on shortcuts are in parallel to them.
  @Test func aResNetOfTwentyLayers() throws {
    func block(_ from: Int, _ to: Int) -> Module {
      final class Block: Module {
        let first: Conv2d, second: Conv2d, projection: Conv2d?
        init(_ from: Int, _ to: Int) {
          first = Conv2d(from, to, kernelSize: 3, stride: from == to ? 1 : 2, padding: 1)
          second = Conv2d(to, to, kernelSize: 3, padding: 1)
          projection = from == to ? nil : Conv2d(from, to, kernelSize: 1, stride: 2)
        }
        override func forward(_ x: Tensor) -> Tensor {
          relu(second(relu(first(x))) + (projection.map { $0(x) } ?? x))
        }
      }
      return Block(from, to)
    }
    try withTemporaryFolder { folder in
      final class Net: Module {
        let stem = Conv2d(1, 4, kernelSize: 3, padding: 1)
        let blocks: Sequential
        let head = Linear(16, 10)
        init(_ blocks: [Module]) { self.blocks = Sequential(blocks) }
        override func forward(_ x: Tensor) -> Tensor {
          head(GlobalAveragePool2d()(blocks(relu(stem(x)))))
        }
      }
      let widths = [4, 4, 4, 4, 8, 8, 8, 16, 16, 16]
      let net = Net(zip(widths, widths.dropFirst()).map { block($0, $1) })
      let x = Tensor(sampleValues(2 * 64), shape: [2, 8, 8, 1])
      let run = try record(net, in: folder) { net(x).squared().mean() }
      let depths = depths(of: run)
      #expect(depths["stem"] == 1 && depths["head"] == 20)
      for index in 0..<9 {
        #expect(depths["blocks.\(index).first"] == 2 + 2 * index && depths["blocks.\(index).second"] == 3 + 2 * index)
      }
      // Beside the first convolution of its block.
      #expect(depths["blocks.3.projection"] == 8 && depths["blocks.6.projection"] == 14)
      #expect(try GradientProfile.of(run)!.points.count == 20)
    }
  }

  /// The longer of two branches counts.
  @Test func twoBranches() throws {
    final class Net: Module {
      let stem = Linear(6, 6), long = Sequential(Linear(6, 6), ReLU(), Linear(6, 6), ReLU(), Linear(6, 6))
      let short = Linear(6, 6), head = Linear(6, 2)
      override func forward(_ x: Tensor) -> Tensor {
        let h = stem(x)
        return head(short(h) + long(h))
      }
    }
    try withTemporaryFolder { folder in
      let net = Net(), x = Tensor(sampleValues(24), shape: [4, 6])
      let run = try record(net, in: folder) { net(x).squared().mean() }
      #expect(
        depths(of: run) == ["stem": 1, "short": 2, "long.0": 2, "long.2": 3, "long.4": 4, "head": 5])
      let profile = try #require(try GradientProfile.of(run))
      #expect(profile.points.map { $0.sites.count } == [1, 2, 1, 1, 1])
      #expect(zip(profile.points.map(\.value), try profileBySQL(run)).allSatisfy { abs($0 / $1 - 1) < 1e-12 })
    }
  }

  /// A checkpointed body has its depths, and later layers are deeper.
  @Test func checkpointsCountToo() throws {
    try withTemporaryFolder { folder in
      let net = Sequential(
        Linear(4, 4), Sequential([Linear(4, 4), ReLU(), Linear(4, 4)], checkpointed: true), Linear(4, 2))
      let x = Tensor(sampleValues(12), shape: [3, 4])
      let run = try record(net, in: folder, steps: 2) { net(x).squared().mean() }
      #expect(depths(of: run) == ["0": 1, "1.0": 2, "1.2": 3, "2": 4])
    }
  }

  /// A module with a matrix that returns its last child's tensor is no site, and later layers are no deeper for it.
  @Test func aModuleThatReturnsItsLastChildsTensor() throws {
    final class Encoder: Module {
      let positions = Parameter([3, 4], initializer: .heNormal)
      let blocks = Sequential(Linear(4, 4), ReLU(), Linear(4, 4))

      override func forward(_ x: Tensor) -> Tensor { blocks(x + positions.value) }
    }
    try withTemporaryFolder { folder in
      let net = Sequential(Encoder(), Linear(4, 1)), x = Tensor(sampleValues(12), shape: [3, 4])
      let run = try record(net, in: folder, steps: 2) { net(x).squared().mean() }
      #expect(depths(of: run) == ["0.blocks.0": 1, "0.blocks.2": 2, "1": 3])
    }
  }

  /// A module that multiplies by a weight of its own and ends with an activation is a layer, though it returns the activation's tensor.
  @Test func aLayerThatEndsWithAModuleInside() throws {
    final class Block: Module {
      let weight = Parameter([4, 4], initializer: .heNormal), activation = ReLU()
      override func forward(_ x: Tensor) -> Tensor { activation(linear(x, weight: weight.value)) }
    }
    try withTemporaryFolder { folder in
      let net = Sequential(Block(), Block(), Block(), Linear(4, 1)), x = Tensor(sampleValues(12), shape: [3, 4])
      let run = try record(net, in: folder, steps: 2) { net(x).squared().mean() }
      #expect(depths(of: run) == ["0": 1, "1": 2, "2": 3, "3": 4])
      #expect(try #require(try GradientProfile.of(run)).points.map(\.sites.count) == [1, 1, 1, 1])
      #expect(try RunFileCheck.problems(at: run.path) == [])
    }
  }

  /// Dropout without effect hands its input through, which makes no difference.
  @Test(arguments: [0, 0.1] as [Float]) func aLayerThatEndsWithDropout(_ probability: Float) throws {
    final class Encoder: Module {
      let positions = Parameter([3, 4], initializer: .heNormal), dropout: Dropout
      init(_ probability: Float) { dropout = Dropout(probability) }
      override func forward(_ x: Tensor) -> Tensor { dropout(x + positions.value) }
    }
    try withTemporaryFolder { folder in
      let net = Sequential(Encoder(probability), Linear(4, 1)), x = Tensor(sampleValues(12), shape: [3, 4])
      let run = try record(net, in: folder, steps: 2) { net(x).squared().mean() }
      #expect(depths(of: run) == ["0": 1, "1": 2])
    }
  }

  /// What a module inside computed before its last call is that module's tensor.
  @Test func aModuleThatReturnsAnEarlierChildsTensor() throws {
    final class Penalized: Module {
      let a = Linear(4, 4), b = Linear(4, 4), scale = Parameter([1, 4], initializer: .heNormal)
      var penalty: Tensor?
      override func forward(_ x: Tensor) -> Tensor {
        let h = a(x)
        penalty = (b(h) * scale.value).squared().mean()
        return h
      }
    }
    try withTemporaryFolder { folder in
      let first = Penalized(), net = Sequential(first, Linear(4, 1)), x = Tensor(sampleValues(12), shape: [3, 4])
      let run = try record(net, in: folder, steps: 2) { net(x).squared().mean() + first.penalty! }
      #expect(depths(of: run) == ["0.a": 1, "0.b": 2, "1": 2])
    }
  }

  /// A hook's replacement belongs to the module whose output it replaces.
  @Test func replacedOutputsAreCountedOnce() throws {
    try withTemporaryFolder { folder in
      final class Encoder: Module {
        let positions = Parameter([3, 4], initializer: .heNormal), linear = Linear(4, 4)
        override func forward(_ x: Tensor) -> Tensor { linear(x + positions.value) }
      }
      let net = Sequential(Encoder(), Linear(4, 1)), x = Tensor(sampleValues(12), shape: [3, 4])
      try net.onForward("0.linear") { _, output in output * 2 }
      let run = try record(net, in: folder, steps: 2) { net(x).squared().mean() }
      #expect(depths(of: run) == ["0.linear": 1, "1": 2])
    }
  }

  /// The input of a model may come from another model, whose layers are not its own.
  @Test func depthsBeginAtTheModelsInput() throws {
    try withTemporaryFolder { folder in
      let generator = Sequential(Linear(3, 4), Linear(4, 4)), net = Sequential(Linear(4, 4), Linear(4, 1))
      generator.initialize(seed: 2)
      let x = Tensor(sampleValues(9), shape: [3, 3])
      let run = try record(net, in: folder) { net(generator(x)).squared().mean() }
      #expect(depths(of: run) == ["0": 1, "1": 2])
      #expect(run.meta[.depthSource] == "tape")
    }
  }

  /// Each input has depth 0, however many layers of another model it has passed.
  @Test func severalInputsOfDifferentDepths() throws {
    final class Critic: Module {
      let image = Linear(4, 4), condition = Sequential(Linear(3, 4), Linear(4, 4), Linear(4, 4)), head = Linear(4, 1)

      override func forward(_ x: Tensor, _ c: Tensor) -> Tensor { head(image(x) + condition(c)) }
    }
    try withTemporaryFolder { folder in
      let generator = Sequential(Linear(3, 4), Linear(4, 4)), net = Critic()
      generator.initialize(seed: 2)
      let c = Tensor(sampleValues(9), shape: [3, 3])
      var image = c
      let run = try record(net, in: folder, steps: 2) {
        image = generator(c)
        return net(image, c).squared().mean()
      }
      let expected = ["image": 1, "condition.0": 1, "condition.1": 2, "condition.2": 3, "head": 4]
      #expect(depths(of: run) == expected)
      #expect(image.layerDepth == 2, "its depth is another only during the call")

      // The same inside another module, and for a recorder that is used while another one ends.
      final class Both: Module {
        let generator: Module, critic: Critic
        init(_ generator: Module, _ critic: Critic) { (self.generator, self.critic) = (generator, critic) }
        override func forward(_ c: Tensor) -> Tensor { critic(generator(c), c) }
      }
      let both = Both(generator, Critic())
      both.initialize(seed: 3)
      let optimizer = SGD(both.critic, learningRate: 0.1)
      let other = try Recorder(both.critic, optimizer, writingTo: folder + "/other.rheo", warn: { _ in })
      let recorder = try Recorder(both.critic, optimizer, writingTo: folder + "/both.rheo", warn: { _ in })
      _ = try other.finish()
      let loss = both(c).squared().mean()
      loss.backward()
      optimizer.step()
      try recorder.step(loss: loss)
      #expect(depths(of: try recorder.finish()) == expected)
    }
  }

  /// Without hooks, and without the tape.
  @Test func depthIsPassedOnByOperations() {
    let net = Sequential(Linear(4, 4), ReLU(), Linear(4, 4))
    net.initialize(seed: 1)
    let x = Tensor(sampleValues(8), shape: [2, 4])
    #expect(net(x).layerDepth == 2 && withoutGradients { net(x) }.layerDepth == 2)
    #expect((net(x) + x).sum().layerDepth == 2 && net(x).detached().layerDepth == 0)
    #expect(net.parameters.allSatisfy { $0.parameter.value.layerDepth == 0 })
  }
}
