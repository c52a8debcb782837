import Autodiff

/// The size of channels-last images, whose numbers lie in the order [height, width, channels].
public struct ImageSize: Equatable, Sendable {
  /// The number of rows of pixels, of pixels in a row, and of numbers per pixel.
  public let height, width, channels: Int

  /// A size; one channel by default. Stops the program if a number is below 1.
  public init(height: Int, width: Int, channels: Int = 1) {
    guard height >= 1, width >= 1, channels >= 1 else {
      stop("ImageSize", "height \(height), width \(width) and channels \(channels) must be at least 1")
    }
    (self.height, self.width, self.channels) = (height, width, channels)
  }

  /// The number of numbers of an image.
  public var elementCount: Int { height * width * channels }
}

/// A random change of an image that leaves its class as it is, such as a flip.
///
///     let batches = data.train.batches(of: 64, seed: 7)
///       .augmented(by: [.flip(), .crop(padding: 2)], of: ImageSize(height: 28, width: 28))
///
/// A change of your own gets the numbers of one image, its size, and random numbers:
///
///     let darker = Augmentation { pixels, _, random in
///       let factor = Float(0.5 + 0.5 * random.uniform())
///       for index in pixels.indices { pixels[index] *= factor }
///     }
public struct Augmentation: Sendable {
  let change: @Sendable (UnsafeMutableBufferPointer<Float>, ImageSize, inout RandomStream) -> Void

  /// A change of your own, called once per image.
  public init(_ change: @escaping @Sendable (UnsafeMutableBufferPointer<Float>, ImageSize, inout RandomStream) -> Void)
  {
    self.change = change
  }

  /// Mirrors left and right with a probability, 0.5 by default. Stops the program if that is outside of 0 to 1.
  public static func flip(probability: Double = 0.5) -> Augmentation {
    guard (0...1).contains(probability) else { stop("flip", "the probability is \(probability), it must be 0 to 1") }
    return Augmentation { pixels, size, random in
      guard random.uniform() < probability else { return }
      for row in 0..<size.height {
        for column in 0..<size.width / 2 {
          for channel in 0..<size.channels {
            pixels.swapAt(
              (row * size.width + column) * size.channels + channel,
              (row * size.width + size.width - 1 - column) * size.channels + channel)
          }
        }
      }
    }
  }

  /// Cuts an image of the same size at a random place out of one that is padded on all sides with `fill`, 0 by default: a shift by at most
  /// `padding` pixels in both directions. Stops the program if the padding is negative.
  ///
  /// Source: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015, arXiv:1512.03385, with a padding of 4.
  public static func crop(padding: Int, fill: Float = 0) -> Augmentation {
    guard padding >= 0 else { stop("crop", "the padding is \(padding), it must be 0 or more") }
    return Augmentation { pixels, size, random in
      let down = random.below(2 * padding + 1) - padding, right = random.below(2 * padding + 1) - padding
      let before = Array(pixels)
      for row in 0..<size.height {
        for column in 0..<size.width {
          let from = (row: row - down, column: column - right)
          let isInside = (0..<size.height).contains(from.row) && (0..<size.width).contains(from.column)
          for channel in 0..<size.channels {
            pixels[(row * size.width + column) * size.channels + channel] =
              isInside ? before[(from.row * size.width + from.column) * size.channels + channel] : fill
          }
        }
      }
    }
  }

  /// Adds normal noise to each number. Stops the program if the standard deviation is negative or not finite.
  public static func noise(standardDeviation: Double) -> Augmentation {
    guard standardDeviation >= 0, standardDeviation.isFinite else {
      stop("noise", "the standard deviation is \(standardDeviation), it must be 0 or more and finite")
    }
    return Augmentation { pixels, _, random in
      for index in stride(from: 0, to: pixels.count, by: 2) {
        let (first, second) = random.normalPair()
        pixels[index] += Float(standardDeviation * first)
        if index + 1 < pixels.count { pixels[index + 1] += Float(standardDeviation * second) }
      }
    }
  }
}

/// An augmentation of images of one size.
struct ImageAugmentation: Sendable {
  let size: ImageSize
  let augmentation: Augmentation

  /// Changes each image of a batch.
  func change(_ inputs: inout [Float], _ random: inout RandomStream) {
    inputs.withUnsafeMutableBufferPointer { inputs in
      for start in stride(from: 0, to: inputs.count, by: size.elementCount) {
        let image = UnsafeMutableBufferPointer(rebasing: inputs[start..<start + size.elementCount])
        augmentation.change(image, size, &random)
      }
    }
  }
}

extension ShuffledBatches {
  /// The same batches, with each image changed at random by all of `augmentations`, one after the other, and after those of earlier calls.
  ///
  /// The changes of a batch come from a random stream that seed and position name, so a sequence that goes on at a position yields the
  /// same numbers. Stops the program if the features are not those of images of this size.
  public func augmented(by augmentations: [Augmentation], of size: ImageSize) -> ShuffledBatches {
    guard size.elementCount == dataset.features else {
      stop(
        "augmented",
        "images of \(size.height) × \(size.width) × \(size.channels) have \(size.elementCount) numbers, the samples \(dataset.features)"
      )
    }
    var batches = self
    batches.augmentations += augmentations.map { ImageAugmentation(size: size, augmentation: $0) }
    return batches
  }
}
