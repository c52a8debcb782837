import Foundation
import Rheoscope

// A net of three layers has learned for a moment and gets an image wrong. Each weight bears some of the blame, and its gradient says
// how much: by how much the loss would grow if the weight did. That can be tried out, weight by weight, without any
// backpropagation: a little more, a little less, and the loss computed anew. Backpropagation has to find the same numbers, for
// all weights at once.

/// Three layers of weights, with tanh between them.
private final class ThreeLayers: Module {
  let first: Linear, second: Linear, third: Linear

  init(width: Int) {
    first = Linear(784, width, initializer: .xavierNormal)
    second = Linear(width, width, initializer: .xavierNormal)
    third = Linear(width, 10, initializer: .xavierNormal)
  }

  override func forward(_ x: Tensor) -> Tensor { third(tanh(second(tanh(first(x))))) }
}

/// The loss of the net for one image, in plain arithmetic of 64 bits: nothing of it knows what a gradient is.
private func loss(_ weights: [[Double]], _ biases: [[Double]], image: [Double], label: Int) -> Double {
  var signal = image
  for (layer, bias) in biases.enumerated() {
    let inputs = signal.count
    var sums = bias
    for unit in sums.indices {
      for input in 0..<inputs { sums[unit] += weights[layer][unit * inputs + input] * signal[input] }
    }
    signal = layer < 2 ? sums.map { Foundation.tanh($0) } : sums
  }
  return log(signal.reduce(0) { $0 + Foundation.exp($1) }) - signal[label]
}

private let names = ["first layer", "second layer", "third layer"]

private let net = Variant("three-layers", "784 pixels, two hidden layers of tanh, ten classes") { bench in
  let settings = bench.settings, data = try bench.data()
  let model = ThreeLayers(width: settings.width)
  model.initialize(seed: UInt64(bench.seed))
  let optimizer = SGD(model, learningRate: Float(settings.learningRate))
  for batch in data.train.batches(of: settings.batch, seed: UInt64(bench.seed)).prefix(settings.steps) {
    crossEntropy(model(batch.inputs), batch.labels).backward()
    optimizer.step()
  }

  // The first test image that it gets wrong, and the blame for that: dL/dW of each layer.
  let image = (0..<data.test.count).lazy.map { data.test.batch(at: [$0]) }
    .first { withoutGradients { [batch = $0] in model(batch.inputs).argmax() != batch.labels } }!
  let answer = model(image.inputs)
  crossEntropy(answer, image.labels).backward()
  let layers = [model.first, model.second, model.third]
  let blame = layers.map { layer in layer.weight.gradient!.values.map(Double.init) }

  // The same by trying: each weight a little more and a little less.
  let biases = layers.map { layer in layer.bias!.value.values.map(Double.init) }
  let pixels = image.inputs.values.map(Double.init), label = image.labels[0]
  var weights = layers.map { layer in layer.weight.value.values.map(Double.init) }
  let little = 1e-4
  for (layer, name) in names.enumerated() {
    let tried = weights[layer].indices.map { index in
      let weight = weights[layer][index]
      weights[layer][index] = weight + little
      let more = loss(weights, biases, image: pixels, label: label)
      weights[layer][index] = weight - little
      let less = loss(weights, biases, image: pixels, label: label)
      weights[layer][index] = weight
      return (more - less) / (2 * little)
    }
    let apart = zip(blame[layer], tried).map { abs($0 - $1) }.max()!
    let largest = blame[layer].map { abs($0) }.max()!
    bench.report("\(name): apart", apart / largest)
    bench.report("\(name): largest", largest)
    let inputs = layers[layer].weight.shape[1]
    bench.report(name, rows: stride(from: 0, to: tried.count, by: inputs).map { Array(blame[layer][$0..<$0 + inputs]) })
  }
  bench.report("right class", Double(label))
  bench.report("answer", Double(answer.argmax()[0]))
}

/// A heatmap of one layer's blame: a row a unit, a column an input.
private func heatmap(_ title: String, _ rows: [[Double]]) -> Panel {
  let sizes = rows.map { $0.map { abs($0) } }, largest = sizes.joined().max() ?? 1
  let colors = ColorScale(Scale(.linear, from: 0, to: largest), .viridis)
  return Panel(
    title: title, x: Axis(.integer, "input", hasGrid: false, isTight: true),
    y: Axis(.integer, "unit", hasGrid: false, isTight: true),
    marks: [
      CellMark(
        columns: rows[0].indices.map(Double.init), rows: Array(rows.indices), values: Array(sizes.joined()),
        colors: colors
      )
    ], colorKey: ColorKey(colors, title: "|dL/dW|"))
}

extension Experiment {
  /// One net, one image that it gets wrong, the blame of each weight. Measured: the largest difference between what
  /// backpropagation finds and what trying finds, as a share of the layer's largest gradient.
  public static let blame = Experiment(
    name: "blame",
    question: "Which weights are to blame for one wrong answer?",
    settings: [
      .width(16), .batch(64), .steps(300, quick: 100), .seeds(3, quick: 1, full: 20), .learningRate(0.1),
    ],
    variants: [net],
    // Backpropagation works with 32 bits, seven digits, and adds up to 784 products: four digits are sure to be right.
    claims: names.map { name in
      Claim(
        "\(name): every weight's gradient is what trying finds", net, "\(name): apart", .atMost(1e-4),
        source: "the central difference, whose own error is of the order of 10⁻⁸")
    },
    pictures: [
      Picture("blame", "How much each weight is to blame for the wrong answer, layer by layer") { results in
        Figure(
          title: "Which weights are to blame · blame",
          subtitle: "size of dL/dW for one wrong answer, seed 0: a row a unit, a column an input",
          panels: names.map { heatmap($0, results.tables($0, of: net)[0]) }, columns: 3,
          description: "Three heatmaps of the size of gradients, one a layer.", size: Size(width: 1200, height: 420))
      },
      Picture("graph", "The net as a graph, with the largest gradient of each layer's weights") { results in
        // Signals flow from the image to the loss; each layer of weights comes in from the side.
        let nodes = ["image", "W₁ x", "tanh", "W₂ x", "tanh", "W₃ x", "loss", "W₁", "W₂", "W₃"]
        let signals = (0..<6).map { ComputationGraph.Edge(from: $0, to: $0 + 1) }
        let weights = names.enumerated().map { layer, name in
          ComputationGraph.Edge(
            from: 7 + layer, to: 1 + 2 * layer, gradient: results.median("\(name): largest", of: net))
        }
        return try Chart.computationGraph(
          ComputationGraph(nodes: nodes.map { .init($0) }, edges: signals + weights),
          title: "The largest blame in each layer · blame",
          words: "dL/dW of the weight with the largest, median of seeds")
      },
    ])
}
