import ExperimentHarness
import Foundation
import Rheoscope

// The backward pass can continue past the first layer, to the image: dL/d(pixel) is by how much the output changes if that
// pixel becomes a little brighter. This selects the pixels that matter, or some of them. Three attribution methods on the
// same trained net are compared by deletion: the pixels with the largest attributions are painted black, and the probability
// of the class should fall.
//
// It falls for many reasons. Half of all pixels are black already, and painting those black changes nothing, so a method that
// only selects bright pixels beats random ones; and what is painted black may be an edge, which every convolution finds, trained
// or not. So the controls are the brightness of the pixels, without any net; the same method on a net with random weights; and
// the same method for another class (Adebayo et al. 2018). An attribution says something about what the net has learned about a
// class only if it beats these. Black favours integrated gradients too: it is the colour in which their path begins. So pixels
// are also replaced by those of another image, which changes dark pixels as well: what holds for both depends less on the
// colour.

/// Random pixels.
private let random = method("random", "random pixels") { images in
  Tensor((0..<images.values.elementCount).map { _ in Float(images.random.uniform()) }, shape: images.values.shape)
}

/// The pixels themselves, the brightest first: no net is asked.
private let brightness = method("brightness", "the brightness of the pixels") { $0.values }

/// The gradient at the image (Simonyan et al. 2013). It is also large at pixels that are black already; painting those black
/// changes nothing.
private let gradient = method(
  "gradient", "the size of the gradient of the logit with respect to the image", gradientSizes)
private let gradientUntrained = method(
  "gradient-untrained", "as gradient, in a net with random weights", of: .untrained, gradientSizes)

@Sendable private func gradientSizes(_ images: AttributedImages) -> Tensor {
  inputGradients(images.model, at: images.values, images.classes).absolute()
}

/// SmoothGrad (Smilkov et al. 2017): the gradient changes fast between images that look the same. It is averaged over 25
/// copies of the image with noise of 15 % of the range of pixels.
private let smoothed = method("smoothgrad", "the size of the mean of 25 gradients at the image with noise added") {
  images in
  let all = images.values, range = all.values.max()! - all.values.min()!
  var sum = Tensor(repeating: 0, shape: all.shape)
  for _ in 0..<25 {
    let noise = Tensor(
      (0..<all.elementCount).map { _ in 0.15 * range * Float(images.random.normalPair().0) }, shape: all.shape)
    sum = sum + inputGradients(images.model, at: all + noise, images.classes)
  }
  return (sum / 25).absolute()
}

/// Integrated gradients (Sundararajan et al. 2017): the gradient is integrated along the straight path from a black image to
/// this one. The attributions of all pixels then sum to the difference between the two outputs, which checks the integral;
/// those above 0 are the pixels that speak for the class.
private let integrated = method(
  "integrated", "gradients integrated along the path from a black image to the image", integratedGradients)
private let integratedUntrained = method(
  "integrated-untrained", "as integrated, in a net with random weights", of: .untrained, integratedGradients)
private let integratedOther = method(
  "integrated-other-class", "as integrated, of the logit of another class, drawn for each image", of: .otherClass,
  integratedGradients)

// The same by size, where pixels that speak against the class count as much as those that speak for it.
private let integratedSize = method("integrated-size", "as integrated, by size without sign", integratedSizes)
private let integratedSizeUntrained = method(
  "integrated-size-untrained", "as integrated-size, in a net with random weights", of: .untrained, integratedSizes)
private let integratedSizeOther = method(
  "integrated-size-other-class", "as integrated-size, of the logit of another class", of: .otherClass, integratedSizes)

private let controls = [
  random, brightness, gradientUntrained, integratedUntrained, integratedOther, integratedSizeUntrained,
  integratedSizeOther,
]

@Sendable private func integratedSizes(_ images: AttributedImages) -> Tensor { integratedGradients(images).absolute() }

@Sendable private func integratedGradients(_ images: AttributedImages) -> Tensor {
  let black = blackImages(like: images.values), path = images.values - black
  var sum = Tensor(repeating: 0, shape: path.shape)
  for step in 0..<images.pathSteps {
    let share = (Float(step) + 0.5) / Float(images.pathSteps)
    sum = sum + inputGradients(images.model, at: black + share * path, images.classes)
  }
  return path * sum / Float(images.pathSteps)
}

private let methods = [gradient, smoothed, integrated, integratedSize]

/// Images whose pixels get attributions.
private final class AttributedImages {
  /// The pixels, [n, 784].
  let values: Tensor
  /// The class of each image whose logit is attributed.
  let classes: [Int]
  /// The net whose logits they are.
  let model: Module
  let pathSteps: Int
  var random: RandomStream

  init(_ values: Tensor, _ classes: [Int], _ model: Module, pathSteps: Int, _ random: RandomStream) {
    (self.values, self.classes, self.model) = (values, classes, model)
    (self.pathSteps, self.random) = (pathSteps, random)
  }
}

/// What is attributed.
private enum Subject {
  case trained, untrained, otherClass
}

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

/// What replaces deleted pixels: black, or the same pixels of the next of the images. Raw values name the measured probability.
private enum Replacement: String, CaseIterable {
  case black = "remaining probability"
  case otherImage = "remaining probability, other image’s pixels"
}

private let incompleteness = "completeness error"
private let shownImages = "images"

/// An attribution method. Trains a net, takes test images that it classifies correctly, replaces the pixels with the largest
/// attributions, and measures the probability of the class.
private func method(
  _ name: String, _ title: String, of subject: Subject = .trained,
  _ attribution: @escaping @Sendable (AttributedImages) -> Tensor
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
      var attributed: Module = model, attributedClasses = classes
      switch subject {
      case .trained: break
      case .untrained:
        attributed = Net()
        // Other weights than those that the training began with.
        attributed.initialize(seed: UInt64(context.seed) + 1_000_000)
      case .otherClass: attributedClasses = classes.map { ($0 + 1 + Int(9 * random.uniform())) % 10 }
      }
      let attributions = attribution(
        AttributedImages(
          images, attributedClasses, attributed, pathSteps: context.settings.whole("path-steps"), random))
      for replacement in Replacement.allCases {
        let left = shares.map {
          probabilities(model, images, classes, deleting: $0, by: attributions, replacement)
        }
        let means = left.map { $0.reduce(0, +) / Double($0.count) }
        context.report(replacement.rawValue, means.reduce(0, +) / Double(means.count))
        context.report(replacement.rawValue, means, over: shares.map { 100 * $0 })
        context.report(replacement.rawValue, rows: left)
      }

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

/// The probability of each image's class when the given share of its pixels, those with the largest attributions, is replaced.
private func probabilities(
  _ model: Module, _ images: Tensor, _ classes: [Int], deleting share: Double, by attributions: Tensor,
  _ replacement: Replacement
) -> [Double] {
  let before = images.values, sizes = attributions.values, count = Int((share * 784).rounded())
  let black = before.min()!
  var values = before
  for image in classes.indices {
    let range = image * 784..<(image + 1) * 784
    for pixel in range.sorted(by: { sizes[$0] > sizes[$1] }).prefix(count) {
      values[pixel] =
        switch replacement {
        case .black: black
        case .otherImage: before[(pixel + 784) % before.count]
        }
    }
  }
  let probabilities = withoutGradients { softmax(model(Tensor(values, shape: images.shape))).values }
  return classes.enumerated().map { Double(probabilities[$0.offset * 10 + $0.element]) }
}

/// The mean drop in probability by a method beyond that by another one, in standard errors over images.
private func advantage(
  _ method: Variant, over other: Variant, _ seed: SeedResults, by replacement: Replacement = .black
) throws -> Double {
  let ofMethod = try seed.table(replacement.rawValue, of: method)
  let ofOther = try seed.table(replacement.rawValue, of: other)
  let gains = ofMethod[0].indices.map { image in
    shares.indices.reduce(0) { $0 + ofOther[$1][image] - ofMethod[$1][image] } / Double(shares.count)
  }
  let mean = gains.reduce(0, +) / Double(gains.count)
  let variance = gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gains.count - 1)
  return mean == 0 ? 0 : mean / (variance / Double(gains.count)).squareRoot()
}

/// The claim that deletion by a method lowers the probability more than deletion by another one, and that it would not if
/// `null` were used instead.
private func beats(
  _ statement: String, _ method: Variant, _ other: Variant, by replacement: Replacement = .black, not null: Variant,
  _ source: String = "Adebayo et al. 2018, arXiv:1810.03292"
) -> Claim {
  Claim(
    .finding, "\(statement) (in standard errors)", expected: .atLeast(3), source: source + "; three standard errors",
    appliesTo: trainedNets, rejects: [.swapping(method, for: null)]
  ) { try advantage(method, over: other, $0, by: replacement) }
}

/// The claim that deletion by integrated gradients lowers the probability more than deletion by every control does.
private func beatsAll(_ statement: String, by replacement: Replacement, not nulls: [Variant]) -> Claim {
  Claim(
    .finding, "\(statement) (the least advantage, in standard errors)", expected: .atLeast(3),
    source: "Adebayo et al. 2018, arXiv:1810.03292; three standard errors", appliesTo: trainedNets,
    rejects: nulls.map { .swapping(integrated, for: $0) }
  ) { seed in try controls.map { try advantage(integrated, over: $0, seed, by: replacement) }.min()! }
}

private let trainedNets = Claim.Scope("100 images or more, and training of 300 steps or more") {
  $0.whole("images") >= 100 && $0.steps >= 300
}

extension Experiment {
  /// One net, three attribution methods, and controls: random pixels, bright pixels, a net with random weights and another
  /// class.
  ///
  /// Measured: the probability of the class when 0 to 30 % of the pixels are replaced, by black or by those of another image,
  /// those with the largest attributions first; and for integrated gradients the relative error of completeness.
  public static let features = Experiment(
    name: "features",
    question: "Which pixels matter?",
    settings: [
      .batch(64), .steps(500, quick: 60), .seeds(3, quick: 1, full: 20), .learningRate(0.1),
      .whole(
        "images", 150, quick: 50, in: 50...5_000, "correctly classified test images that pixels are deleted from"
      ),
      .whole(
        "path-steps", 200, quick: 100, in: 1...100_000, "steps of the path of integrated gradients"),
    ],
    variants: methods + controls,
    claims: [
      beats(
        "painted black, bright pixels lower the probability more than random ones: random pixels are a weak control then",
        brightness, random, not: random),
      beats(
        "painted black, bright pixels lower the probability more than those of the gradient do", brightness, gradient,
        not: random),
      beats(
        "with another image’s pixels it is the other way round: the gradient’s pixels lower the probability more than bright ones do",
        gradient, brightness, by: .otherImage, not: random),
      beats(
        "painted black, the gradient’s pixels lower it more than those of a net with random weights", gradient,
        gradientUntrained, not: random
      ).tested(with: 20...39, "within range in 17 of 20, so not shown"),
      beatsAll(
        "painted black, the pixels of integrated lower it more than those of every control", by: .black,
        not: [brightness, integratedSizeOther, integratedUntrained]),
      beatsAll(
        "with another image’s pixels too, those of integrated lower it more than those of every control",
        by: .otherImage, not: [brightness, integratedSizeOther, integratedUntrained]),
      beats(
        "painted black, the pixels of integrated lower it more with the sign than by size alone", integrated,
        integratedSize, not: brightness, "completeness, Sundararajan et al. 2017, arXiv:1703.01365"),
      Claim(
        .identity,
        "integrated: for each image the attributions sum to the difference from a black image within 1 % (the largest error)",
        integrated, incompleteness, .atMost(0.01), source: "completeness, Sundararajan et al. 2017, arXiv:1703.01365"),
    ],
    figures: [
      ExperimentFigure(
        "saliency", "Four images and the attributions of their pixels, by a trained net and by one with random weights"
      ) {
        results in
        let shown = [gradient, integrated, integratedUntrained]
        let tables = shown.map { results.tables(shownImages, of: $0)[0] }
        return try Chart.saliency(
          stride(from: 0, to: tables[0].count, by: 3).flatMap { row in
            zip(shown, tables).map { method, table in
              SaliencyImage(
                title: "\(FashionMNIST.classNames[Int(table[row][0])]): \(method.name)", width: 28,
                pixels: table[row + 1], saliency: table[row + 2])
            }
          }, title: "Which pixels matter · features")
      },
      ExperimentFigure("deletion", "The probability of the class as pixels are painted black, beside the controls") {
        results in
        Figure(
          title: "The probability of the class as pixels are painted black · features",
          subtitle: "largest attributions first; one line per seed",
          panels: [
            deletion(
              "Integrated gradients", [integrated, random, brightness, integratedUntrained, integratedOther], results),
            deletion(
              "The same by size", [integratedSize, random, brightness, integratedSizeUntrained, integratedSizeOther],
              results),
            deletion("Gradients", [gradient, random, brightness, gradientUntrained, smoothed], results),
          ], columns: 3, description: "Mean probability of the class over the share of pixels painted black.",
          size: Size(width: 1560, height: 500))
      },
    ])
}

/// The probability over the share of deleted pixels, for some methods.
private func deletion(_ title: String, _ variants: [Variant], _ results: Results) -> Panel {
  var panel = Panel(
    title: title, x: Axis(.linear, "% of pixels painted black"),
    y: Axis(.linear, "mean probability of the class", includes: [0, 1]))
  for (variant, color) in zip(variants, results.colors(of: variants)) {
    let curves = results.series(Replacement.black.rawValue, of: variant)
    panel.marks += curves.map { LineMark(x: $0.x, y: $0.y, color: color) }
    panel.directLabels.append(DirectLabel(at: curves.first?.y.last, variant.name, color: color))
  }
  return panel
}
