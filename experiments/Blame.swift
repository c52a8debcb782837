import ExperimentHarness
import Foundation
import Rheoscope

// A net of three layers has trained for a short time and classifies an image wrongly. Which weights are to blame? This
// question is the metaphor of backpropagation: credit, or blame, is assigned to every weight. The answer is a number, the
// gradient dL/dW: by how much the loss grows if the weight grows.
//
// It can be measured without backpropagation, weight by weight, by the central difference: compute the loss with the weight
// slightly larger and slightly smaller. Backpropagation must find the same numbers, for all weights at once.

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

/// The loss of the net for one image, in plain float64 arithmetic, independent of the tape.
private func loss(_ weights: [[Double]], _ biases: [[Double]], image: [Double], label: Int) -> Double {
  var activations = image
  for (layer, bias) in biases.enumerated() {
    let inputs = activations.count
    var sums = bias
    for unit in sums.indices {
      for input in 0..<inputs { sums[unit] += weights[layer][unit * inputs + input] * activations[input] }
    }
    activations = layer < 2 ? sums.map { Foundation.tanh($0) } : sums
  }
  return log(activations.reduce(0) { $0 + Foundation.exp($1) }) - activations[label]
}

private let names = ["first layer", "second layer", "third layer"]

private let net = Variant("three-layers", "784 inputs, two hidden tanh layers, ten classes") { context in
  let settings = context.settings, data = try context.data()
  let model = ThreeLayers(width: settings.width)
  model.initialize(seed: UInt64(context.seed))
  let optimizer = SGD(model, learningRate: Float(settings.learningRate))
  for batch in data.train.batches(of: settings.batch, seed: UInt64(context.seed)).prefix(settings.steps) {
    crossEntropy(model(batch.inputs), batch.labels).backward()
    optimizer.step()
  }

  // The first test image that is classified wrongly, and the gradient of its loss: dL/dW of each layer.
  let image = (0..<data.test.count).lazy.map { data.test.batch(at: [$0]) }
    .first { withoutGradients { [batch = $0] in model(batch.inputs).argmax() != batch.labels } }!
  let logits = model(image.inputs)
  crossEntropy(logits, image.labels).backward()
  let layers = [model.first, model.second, model.third]
  let gradients = layers.map { layer in layer.weight.gradient!.values.map(Double.init) }

  // The same by central differences.
  let biases = layers.map { layer in layer.bias!.value.values.map(Double.init) }
  let pixels = image.inputs.values.map(Double.init), label = image.labels[0]
  var weights = layers.map { layer in layer.weight.value.values.map(Double.init) }
  let step = 1e-4
  for (layer, name) in names.enumerated() {
    let differences = weights[layer].indices.map { index in
      let weight = weights[layer][index]
      weights[layer][index] = weight + step
      let above = loss(weights, biases, image: pixels, label: label)
      weights[layer][index] = weight - step
      let below = loss(weights, biases, image: pixels, label: label)
      weights[layer][index] = weight
      return (above - below) / (2 * step)
    }
    let error = zip(gradients[layer], differences).map { abs($0 - $1) }.max()!
    let largest = gradients[layer].map { abs($0) }.max()!
    context.report("\(name): error", error / largest)
    context.report("\(name): largest", largest)
    let inputs = layers[layer].weight.shape[1]
    context.report(
      name, rows: stride(from: 0, to: differences.count, by: inputs).map { Array(gradients[layer][$0..<$0 + inputs]) })
  }
  context.report("image", rows: [[Double(label), Double(logits.argmax()[0])], pixels])
}

/// The image, from black to white, with its label and the predicted class.
private func imagePanel(_ image: [[Double]]) -> Panel {
  let names = image[0].map { FashionMNIST.classNames[Int($0)] }, (low, high) = (image[1].min()!, image[1].max()!)
  let shades = image[1].map { ($0 - low) / (high - low) }
  return Panel(
    title: "image: \(names[0])", detail: "predicted: \(names[1])", x: .hidden, y: .hidden,
    marks: [ImageMark(pixels(shades, width: 28) { Color(red: $0, green: $0, blue: $0) })])
}

/// The gradients of the first layer: one tile per unit, and in it one pixel per weight, at the input pixel of that weight.
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
    title: title, detail: "one tile per unit, one pixel per weight", x: .hidden, y: .hidden, marks: [ImageMark(image)],
    colorBar: ColorBar(colors, title: "|dL/dW|"))
}

private func pixels(_ values: [Double], width: Int, _ color: (Double) -> Color) -> PixelImage {
  PixelImage(width: width, height: values.count / width, pixels: values.map { color($0).pixel })
}

/// A heatmap of another layer's gradients: one row per unit, one column per input.
private func heatmap(_ title: String, _ rows: [[Double]]) -> Panel {
  let sizes = rows.map { $0.map { abs($0) } }, largest = sizes.joined().max() ?? 1
  let colors = ColorScale(Scale(.linear, from: 0, to: largest), .viridis)
  return Panel(
    title: title, detail: "one row per unit, one column per input",
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
  /// One net, one wrongly classified image, and the gradient of each weight. Measured: the largest difference between
  /// backpropagation and the central difference, relative to the layer's largest gradient.
  public static let blame = Experiment(
    name: "blame",
    question: "Which weights are to blame for one wrong answer?",
    settings: [
      .width(16), .batch(64), .steps(300, quick: 100), .seeds(3, quick: 1, full: 20), .learningRate(0.1),
    ],
    variants: [net],
    // Backpropagation uses float32, about seven digits, and sums up to 784 products: four digits are certain.
    claims: names.map { name in
      Claim(
        .identity,
        "\(name): the gradient of every weight equals its central difference", net, "\(name): error", .atMost(1e-4),
        source: "the central difference, with an error of about 10⁻⁸ of its own")
    },
    figures: [
      ExperimentFigure("blame", "The size of the gradient of each weight for one wrong answer, layer by layer") {
        results in
        func rows(_ name: String) -> [[Double]] { results.tables(name, of: net)[0] }
        return Figure(
          title: "Which weights are to blame · blame",
          subtitle: "|dL/dW| for one wrong answer, seed \(results.settings.firstSeed)",
          panels: [imagePanel(rows("image")), tiles(names[0], rows(names[0]))]
            + names.dropFirst().map { heatmap($0, rows($0)) },
          columns: 4, description: "An image, and |dL/dW| of three layers.",
          size: Size(width: 1500, height: 420))
      },
      ExperimentFigure("graph", "The net as a computation graph, with the largest weight gradient of each layer") {
        results in
        // Activations flow from the image to the loss; the weights of each layer are inputs of their own.
        let nodes = ["image", "W₁ x", "tanh", "W₂ x", "tanh", "W₃ x", "loss", "W₁", "W₂", "W₃"]
        let activations = (0..<6).map { ComputationGraph.Edge(from: $0, to: $0 + 1) }
        let weights = names.enumerated().map { layer, name in
          ComputationGraph.Edge(
            from: 7 + layer, to: 1 + 2 * layer, gradient: results.median("\(name): largest", of: net))
        }
        return try Chart.computationGraph(
          ComputationGraph(nodes: nodes.map { .init($0) }, edges: activations + weights),
          title: "The largest weight gradient of each layer · blame",
          subtitle: "largest |dL/dW|, median of seeds")
      },
    ])
}
