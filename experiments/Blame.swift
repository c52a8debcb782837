import ExperimentHarness
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

private let net = Variant("three-layers", "784 pixels, two hidden layers of tanh, ten classes") { context in
  let settings = context.settings, data = try context.data()
  let model = ThreeLayers(width: settings.width)
  model.initialize(seed: UInt64(context.seed))
  let optimizer = SGD(model, learningRate: Float(settings.learningRate))
  for batch in data.train.batches(of: settings.batch, seed: UInt64(context.seed)).prefix(settings.steps) {
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
    context.report("\(name): apart", apart / largest)
    context.report("\(name): largest", largest)
    let inputs = layers[layer].weight.shape[1]
    context.report(
      name, rows: stride(from: 0, to: tried.count, by: inputs).map { Array(blame[layer][$0..<$0 + inputs]) })
  }
  context.report("image", rows: [[Double(label), Double(answer.argmax()[0])], pixels])
}

/// The image, from black to white, and under it what it is and what the net says.
private func picture(_ image: [[Double]]) -> Panel {
  let names = image[0].map { FashionMNIST.classNames[Int($0)] }, (low, high) = (image[1].min()!, image[1].max()!)
  let shades = image[1].map { ($0 - low) / (high - low) }
  return Panel(
    title: "image: \(names[0])", detail: "answer: \(names[1])", x: .hidden, y: .hidden,
    marks: [ImageMark(pixels(shades, width: 28) { Color(red: $0, green: $0, blue: $0) })])
}

/// The blame of the first layer's weights: a tile a unit, and in it a pixel a weight, where the pixel is that it looks at.
private func tiles(_ title: String, _ rows: [[Double]]) -> Panel {
  let sizes = rows.map { $0.map { abs($0) } }, largest = sizes.joined().max() ?? 1
  let across = Int(Double(rows.count).squareRoot().rounded(.up)), down = (rows.count + across - 1) / across
  let side = 29, width = across * side - 1, height = down * side - 1
  // Gaps and missing tiles are white.
  let values = (0..<height).flatMap { y in
    (0..<width).map { x -> Double in
      let tile = y / side * across + x / side
      return x % side < 28 && y % side < 28 && tile < rows.count
        ? sizes[tile][y % side * 28 + x % side] / largest : .nan
    }
  }
  let colors = ColorScale(Scale(.linear, from: 0, to: largest), .viridis)
  let image = pixels(values, width: width) { $0.isNaN ? Color(0xFFFFFF) : colors.map.color(at: $0) }
  return Panel(
    title: title, detail: "a tile a unit, a pixel a weight", x: .hidden, y: .hidden, marks: [ImageMark(image)],
    colorBar: ColorBar(colors, title: "|dL/dW|"))
}

private func pixels(_ values: [Double], width: Int, _ color: (Double) -> Color) -> PixelImage {
  PixelImage(width: width, height: values.count / width, pixels: values.map { color($0).pixel })
}

/// A heatmap of another layer's blame: a row a unit, a column an input.
private func heatmap(_ title: String, _ rows: [[Double]]) -> Panel {
  let sizes = rows.map { $0.map { abs($0) } }, largest = sizes.joined().max() ?? 1
  let colors = ColorScale(Scale(.linear, from: 0, to: largest), .viridis)
  return Panel(
    title: title, detail: "a row a unit, a column an input",
    x: Axis(.integer, "input", hasGrid: false, isTight: true),
    y: Axis(.integer, "unit", hasGrid: false, isTight: true),
    marks: [
      CellMark(
        columns: rows[0].indices.map(Double.init), rows: Array(rows.indices), values: Array(sizes.joined()),
        colors: colors
      )
    ], colorBar: ColorBar(colors, title: "|dL/dW|"))
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
      ExperimentFigure("blame", "How much each weight is to blame for the wrong answer, layer by layer") { results in
        func rows(_ name: String) -> [[Double]] { results.tables(name, of: net)[0] }
        return Figure(
          title: "Which weights are to blame · blame", subtitle: "size of dL/dW for one wrong answer, seed 0",
          panels: [picture(rows("image")), tiles(names[0], rows(names[0]))]
            + names.dropFirst().map { heatmap($0, rows($0)) },
          columns: 4, description: "An image, and the size of gradients of three layers.",
          size: Size(width: 1500, height: 420))
      },
      ExperimentFigure("graph", "The net as a graph, with the largest gradient of each layer's weights") { results in
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
          subtitle: "dL/dW of the weight with the largest, median of seeds")
      },
    ])
}
