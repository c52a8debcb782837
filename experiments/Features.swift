import ExperimentHarness
import Foundation
import Rheoscope

// The backward pass can continue past the first layer, to the image: dL/d(pixel) is by how much the output changes if that
// pixel becomes a little brighter. This selects the pixels that matter, or some of them. Three attribution methods on the
// same trained net, and random pixels as the baseline.

/// Random pixels: the baseline.
private let random = method("random", "random pixels") { _, images, _, random, _ in
  Tensor((0..<images.elementCount).map { _ in Float(random.uniform()) }, shape: images.shape)
}

/// The gradient at the image (Simonyan et al. 2013). It is also large at pixels that are black already; deleting those
/// changes nothing.
private let gradient = method("gradient", "the gradient of the logit with respect to the image") {
  model, images, classes, _, _ in inputGradients(model, at: images, classes)
}

/// SmoothGrad (Smilkov et al. 2017): the gradient changes fast between images that look the same. It is averaged over 25
/// copies of the image with noise of 15 % of the range of pixels.
private let smoothed = method("smoothgrad", "the mean of 25 gradients at the image with noise added") {
  model, images, classes, random, _ in
  let range = images.values.max()! - images.values.min()!
  var sum = Tensor(repeating: 0, shape: images.shape)
  for _ in 0..<25 {
    let noise = Tensor(
      (0..<images.elementCount).map { _ in 0.15 * range * Float(random.normalPair().0) }, shape: images.shape)
    sum = sum + inputGradients(model, at: images + noise, classes)
  }
  return sum / 25
}

/// Integrated gradients (Sundararajan et al. 2017): the gradient is integrated along the straight path from a black image to
/// this one. The attributions of all pixels then sum to the difference between the two outputs, which checks the integral.
private let integrated = method("integrated", "gradients integrated along the path from a black image to the image") {
  model, images, classes, _, settings in
  let black = blackImages(like: images), path = images - black, pathSteps = settings.whole("path-steps")
  var sum = Tensor(repeating: 0, shape: images.shape)
  for step in 0..<pathSteps {
    let share = (Float(step) + 0.5) / Float(pathSteps)
    sum = sum + inputGradients(model, at: black + share * path, classes)
  }
  return path * sum / Float(pathSteps)
}

private let methods = [gradient, smoothed, integrated]

/// A net of two convolutions, from inputs [n, 784] to logits [n, 10].
private final class Net: Module {
  let layers = Sequential(
    Conv2d(1, 8, kernelSize: 3, padding: 1), ReLU(), MaxPool2d(kernelSize: 2),
    Conv2d(8, 16, kernelSize: 3, padding: 1), ReLU(), MaxPool2d(kernelSize: 2), Flatten(), Linear(16 * 7 * 7, 10))

  override func forward(_ x: Tensor) -> Tensor { layers(x.reshaped(-1, 28, 28, 1)) }
}

/// The logit of the given class for each image, [n].
private func logits(_ model: Module, _ images: Tensor, _ classes: [Int]) -> Tensor {
  let chosen = Tensor(classes.flatMap { label in (0..<10).map { $0 == label ? 1 : 0 } }, shape: [classes.count, 10])
  return (model(images) * chosen).sum(axes: [1])
}

/// The gradient of each logit with respect to its image, [n, 784].
private func inputGradients(_ model: Module, at images: Tensor, _ classes: [Int]) -> Tensor {
  let images = images.detached().requiringGradient()
  return gradients(of: logits(model, images, classes).sum(), withRespectTo: [images])[0]
}

/// Black images: all pixels have the smallest value that occurs.
private func blackImages(like images: Tensor) -> Tensor {
  Tensor(repeating: images.values.min()!, shape: images.shape)
}

/// The shares of pixels that are deleted.
private let shares = [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]
private let remaining = "remaining probability", incompleteness = "completeness error"
private let shownImages = "images"

/// An attribution method. Trains a net, takes test images that it classifies correctly, deletes the pixels with the largest
/// attributions by painting them black, and measures the probability of the class.
private func method(
  _ name: String, _ title: String,
  _ attribution: @escaping @Sendable (Module, Tensor, [Int], inout RandomStream, Settings) -> Tensor
) -> Variant {
  Variant(
    name, title, testImages: 2_000, isRecorded: false,
    afterTraining: { context, trained in
      let model = trained.model, test = try context.data().test
      let all = test.batch(at: 0..<2 * context.settings.whole("images"))
      let predicted = withoutGradients { model(all.inputs).argmax() }
      let correct = predicted.indices.filter { predicted[$0] == all.labels[$0] }.prefix(
        context.settings.whole("images"))
      let chosen = test.batch(at: correct), images = chosen.inputs, classes = chosen.labels
      var random = RandomStream(seed: UInt64(context.seed), name: "features")
      let attributions = attribution(model, images, classes, &random, context.settings)
      let left = shares.map { probabilities(model, images, classes, deleting: $0, by: attributions) }
      let means = left.map { $0.reduce(0, +) / Double($0.count) }
      context.report(remaining, means.reduce(0, +) / Double(means.count))
      context.report(remaining, means, over: shares.map { 100 * $0 })
      context.report(remaining, rows: left)

      // Completeness: do the attributions sum to the difference from a black image?
      let black = blackImages(like: images)
      let difference = withoutGradients { (logits(model, images, classes) - logits(model, black, classes)).values }
      let sums = attributions.sum(axes: [1]).values
      let errors = zip(sums, difference).map { Double(abs($0 - $1) / abs($1)) }
      context.report(incompleteness, name == "integrated" ? errors.max()! : nil)

      // For the figure, the first image of each of four classes: class, pixels from 0 to 1, and absolute attributions.
      let (values, lowest) = (images.values, images.values.min()!), highest = values.max()!,
        absolute = attributions.values
      let shown = [8, 1, 3, 5].compactMap { classes.firstIndex(of: $0) }
      context.report(
        shownImages,
        rows: shown.flatMap { index in
          let range = index * 784..<(index + 1) * 784
          return [
            [Double(classes[index])], values[range].map { Double(($0 - lowest) / (highest - lowest)) },
            absolute[range].map { Double(abs($0)) },
          ]
        })
    },
    net: { _ in Net() })
}

/// The probability of each image's class when the given share of its pixels, those with the largest attributions, is black.
private func probabilities(
  _ model: Module, _ images: Tensor, _ classes: [Int], deleting share: Double, by attributions: Tensor
) -> [Double] {
  var values = images.values
  let black = values.min()!, sizes = attributions.values.map { abs($0) }, count = Int((share * 784).rounded())
  for image in classes.indices {
    let range = image * 784..<(image + 1) * 784
    for pixel in range.sorted(by: { sizes[$0] > sizes[$1] }).prefix(count) { values[pixel] = black }
  }
  let probabilities = withoutGradients { softmax(model(Tensor(values, shape: images.shape))).values }
  return classes.enumerated().map { Double(probabilities[$0.offset * 10 + $0.element]) }
}

/// The mean drop in probability beyond that of deleting random pixels, in standard errors over images.
private func advantage(_ method: Variant, _ seed: SeedResults) throws -> Double {
  let ofMethod = try seed.table(remaining, of: method), ofRandom = try seed.table(remaining, of: random)
  let gains = ofMethod[0].indices.map { image in
    shares.indices.reduce(0) { $0 + ofRandom[$1][image] - ofMethod[$1][image] } / Double(shares.count)
  }
  let mean = gains.reduce(0, +) / Double(gains.count)
  let variance = gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gains.count - 1)
  return mean / (variance / Double(gains.count)).squareRoot()
}

extension Experiment {
  /// One net, three attribution methods, and random pixels as the baseline.
  ///
  /// Measured: the probability of the class when 0 to 30 % of the pixels are painted black, those with the largest
  /// attributions first; and for integrated gradients the relative error of completeness.
  public static let features = Experiment(
    name: "features",
    question: "Which pixels matter?",
    settings: [
      .batch(64), .steps(500, quick: 60), .seeds(3, quick: 1, full: 20), .learningRate(0.1),
      .whole(
        "images", 150, quick: 100, in: 50...5_000, "correctly classified test images that pixels are deleted from"
      ),
      .whole(
        "path-steps", 200, quick: 250, in: 1...100_000, "steps of the path of integrated gradients"),
    ],
    variants: methods + [random],
    claims: methods.map { method in
      Claim(
        .finding,
        "\(method.name): deleting the pixels with the largest attributions lowers the probability more than deleting random ones (in standard errors)",
        expected: .atLeast(3), source: "three standard errors; deletion by Samek et al. 2015, arXiv:1509.06321",
        appliesTo: Claim.Scope("100 images or more") { $0.whole("images") >= 100 }
      ) { try advantage(method, $0) }
    } + [
      Claim(
        .finding,
        "integrated: for each image the attributions sum to the difference from a black image within 1 % (the largest error)",
        integrated, incompleteness, .atMost(0.01), source: "completeness, Sundararajan et al. 2017, arXiv:1703.01365")
    ],
    figures: [
      ExperimentFigure("saliency", "Four images and the attributions of their pixels by three methods") {
        results in
        let tables = methods.map { results.tables(shownImages, of: $0)[0] }
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
        "deletion", "The probability of the class as pixels are deleted", of: remaining,
        x: Axis(.linear, "% of pixels painted black, largest attributions first"),
        y: Axis(.linear, "mean probability of the class", includes: [0, 1])),
    ])
}
