import ExperimentHarness
import Foundation
import Rheoscope

// Backpropagation can go on past the first layer, to the image: dL/d(pixel) says by how much the net's answer would change if that
// pixel were a little brighter. That picks out the pixels that matter, or some of them. Three ways of asking, of one and the same
// trained net, and drawing lots beside them.

/// By lot: what any of the others must be better than.
private let random = method("random", "pixels drawn by lot") { _, images, _, random, _ in
  Tensor((0..<images.elementCount).map { _ in Float(random.uniform()) }, shape: images.shape)
}

/// The gradient at the image itself (Simonyan et al. 2013). It also points at pixels that are black already but would matter if they
/// were not; deleting those changes nothing.
private let gradient = method("gradient", "the gradient of the answer with respect to the image") {
  model, images, classes, _, _ in slopes(model, at: images, classes)
}

/// SmoothGrad (Smilkov et al. 2017): the gradient changes fast from an image to the next one that looks the same. So it is taken at
/// 25 copies of the image with noise on them, of 15 % of the range of pixels, and the mean is kept.
private let smoothed = method("smoothgrad", "the mean of 25 gradients, each at the image with noise added") {
  model, images, classes, random, _ in
  let range = images.values.max()! - images.values.min()!
  var sum = Tensor(repeating: 0, shape: images.shape)
  for _ in 0..<25 {
    let noise = Tensor(
      (0..<images.elementCount).map { _ in 0.15 * range * Float(random.normalPair().0) }, shape: images.shape)
    sum = sum + slopes(model, at: images + noise, classes)
  }
  return sum / 25
}

/// Integrated gradients (Sundararajan et al. 2017): on the straight way from a black image to this one, add up for each pixel how
/// much its brightening changes the answer. Then all pixels together make up the whole difference between the answers, which is
/// how one can tell that the sum was done right.
private let integrated = method("integrated", "gradients added up on the way from a black image to the image") {
  model, images, classes, _, settings in
  let black = blackImages(like: images), way = images - black, stepsOnTheWay = settings.whole("path-steps")
  var sum = Tensor(repeating: 0, shape: images.shape)
  for step in 0..<stepsOnTheWay {
    let share = (Float(step) + 0.5) / Float(stepsOnTheWay)
    sum = sum + slopes(model, at: black + share * way, classes)
  }
  return way * sum / Float(stepsOnTheWay)
}

private let methods = [gradient, smoothed, integrated]

/// A net of two convolutions; rows of 784 pixels to ten logits.
private final class Net: Module {
  let layers = Sequential(
    Conv2d(1, 8, kernelSize: 3, padding: 1), ReLU(), MaxPool2d(kernelSize: 2),
    Conv2d(8, 16, kernelSize: 3, padding: 1), ReLU(), MaxPool2d(kernelSize: 2), Flatten(), Linear(16 * 7 * 7, 10))

  override func forward(_ x: Tensor) -> Tensor { layers(x.reshaped(-1, 28, 28, 1)) }
}

/// The answer to each image: the logit of its class.
private func answers(_ model: Module, _ images: Tensor, _ classes: [Int]) -> Tensor {
  let chosen = Tensor(classes.flatMap { label in (0..<10).map { $0 == label ? 1 : 0 } }, shape: [classes.count, 10])
  return (model(images) * chosen).sum(axes: [1])
}

/// How each pixel changes the answer to its image.
private func slopes(_ model: Module, at images: Tensor, _ classes: [Int]) -> Tensor {
  let images = images.detached().requiringGradient()
  return gradients(of: answers(model, images, classes).sum(), withRespectTo: [images])[0]
}

/// Black is the least that any pixel of these standardized images has.
private func blackImages(like images: Tensor) -> Tensor {
  Tensor(repeating: images.values.min()!, shape: images.shape)
}

/// Which shares of the pixels are deleted.
private let shares = [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]
private let left = "probability left", incompleteness = "missing from the sum"

/// A way of telling which pixels matter. Trains a net, takes test images that it gets right, deletes the pixels that matter most
/// to the answer by painting them black, and sees what becomes of the answer's probability.
private func method(
  _ name: String, _ title: String,
  _ attribution: @escaping @Sendable (Module, Tensor, [Int], inout RandomStream, Settings) -> Tensor
) -> Variant {
  Variant(
    name, title, testImages: 2_000, isRecorded: false,
    also: { context, trained in
      let model = trained.model, test = try context.data().test
      let all = test.batch(at: 0..<2 * context.settings.whole("images"))
      let given = withoutGradients { model(all.inputs).argmax() }
      let right = given.indices.filter { given[$0] == all.labels[$0] }.prefix(context.settings.whole("images"))
      let chosen = test.batch(at: right), images = chosen.inputs, classes = chosen.labels
      var random = RandomStream(seed: UInt64(context.seed), name: "features")
      let matters = attribution(model, images, classes, &random, context.settings)
      let remaining = shares.map { probabilities(model, images, classes, deleting: $0, of: matters) }
      let means = remaining.map { $0.reduce(0, +) / Double($0.count) }
      context.report(left, means.reduce(0, +) / Double(means.count))
      context.report(left, means, over: shares.map { 100 * $0 })
      context.report(left, rows: remaining)

      // Do the pixels make up the whole difference?
      let black = blackImages(like: images)
      let difference = withoutGradients { (answers(model, images, classes) - answers(model, black, classes)).values }
      let sums = matters.sum(axes: [1]).values
      let apart = zip(sums, difference).map { Double(abs($0 - $1) / abs($1)) }
      context.report(incompleteness, name == "integrated" ? apart.max()! : nil)

      // The first image of each of four classes, for the picture: class, pixels from 0 to 1, and how much each matters.
      let (values, lowest) = (images.values, images.values.min()!), highest = values.max()!, matter = matters.values
      let shown = [8, 1, 3, 5].compactMap { classes.firstIndex(of: $0) }
      context.report(
        "pictures",
        rows: shown.flatMap { index in
          let place = index * 784..<(index + 1) * 784
          return [
            [Double(classes[index])], values[place].map { Double(($0 - lowest) / (highest - lowest)) },
            matter[place].map { Double(abs($0)) },
          ]
        })
    },
    net: { _ in Net() })
}

/// The probability of the answer to each image, when the share of its pixels that matter most has been painted black.
private func probabilities(
  _ model: Module, _ images: Tensor, _ classes: [Int], deleting share: Double, of matters: Tensor
) -> [Double] {
  var values = images.values
  let black = values.min()!, sizes = matters.values.map { abs($0) }, count = Int((share * 784).rounded())
  for image in classes.indices {
    let place = image * 784..<(image + 1) * 784
    for pixel in place.sorted(by: { sizes[$0] > sizes[$1] }).prefix(count) { values[pixel] = black }
  }
  let answer = withoutGradients { softmax(model(Tensor(values, shape: images.shape))).values }
  return classes.enumerated().map { Double(answer[$0.offset * 10 + $0.element]) }
}

/// By how many of its standard errors, over images, the mean loss of probability is larger than by deleting random pixels.
private func advantage(_ method: Variant, _ seed: OneSeed) throws -> Double {
  let mine = try seed.table(left, of: method), theirs = try seed.table(left, of: random)
  let gains = mine[0].indices.map { image in
    shares.indices.reduce(0) { $0 + theirs[$1][image] - mine[$1][image] } / Double(shares.count)
  }
  let mean = gains.reduce(0, +) / Double(gains.count)
  let variance = gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gains.count - 1)
  return mean / (variance / Double(gains.count)).squareRoot()
}

extension Experiment {
  /// One net, and three ways of telling which pixels matter to what it says, besides drawing lots.
  ///
  /// Measured: the probability that the net still gives to its answer when 0 to 30 % of the pixels are painted black, those first
  /// that matter most; and for integrated gradients, by which share of it the pixels' parts miss the difference from a black image.
  public static let features = Experiment(
    name: "features",
    question: "Which pixels matter?",
    settings: [
      .batch(64), .steps(500, quick: 60), .seeds(3, quick: 1, full: 20), .learningRate(0.1),
      .whole(
        "images", 150, quick: 100, in: 50...5_000, "test images, which the net gets right, that pixels are deleted from"
      ),
      .whole(
        "path-steps", 200, quick: 250, in: 1...100_000, "steps on the way from a black image of integrated gradients"),
    ],
    variants: methods + [random],
    claims: methods.map { method in
      Claim(
        "\(method.name): deleting the pixels that matter most hurts more than deleting random ones, in standard errors",
        expected: .atLeast(3), source: "three standard errors; deletion by Samek et al. 2015, arXiv:1509.06321",
        about: Claim.Scope("100 images or more") { $0.whole("images") >= 100 }
      ) { try advantage(method, $0) }
    } + [
      Claim(
        "integrated: for each image the pixels make up the difference from a black image, to 1 % of it (the worst image)",
        integrated, incompleteness, .atMost(0.01), source: "completeness, Sundararajan et al. 2017, arXiv:1703.01365")
    ],
    pictures: [
      ExperimentFigure("saliency", "Four images and which of their pixels matter, by each of three methods") {
        results in
        let tables = methods.map { results.tables("pictures", of: $0)[0] }
        return try Chart.saliency(
          stride(from: 0, to: tables[0].count, by: 3).flatMap { row in
            zip(methods, tables).map { method, table in
              SaliencyImage(
                title: "\(FashionMNIST.classNames[Int(table[row][0])]): \(method.name)", width: 28,
                pixels: table[row + 1], saliency: table[row + 2])
            }
          }, title: "Which pixels matter · features")
      },
      .curves(
        "deletion", "The probability of the answer as pixels are deleted", of: left,
        x: Axis(.linear, "per cent of the pixels painted black, those that matter most first"),
        y: Axis(.linear, "mean probability of the answer", includes: [0, 1])),
    ])
}
