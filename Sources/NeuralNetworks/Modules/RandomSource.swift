import Autodiff

/// A module's own stream of random numbers, such as a dropout's, named by the seed of `initialize(seed:)` and its path in the
/// model. Found by reflection as parameters are; its position is part of the training state.
public final class RandomSource {
  /// The stream; nil until the model that holds it is initialized.
  public internal(set) var stream: RandomStream?

  /// A source without a stream.
  public init() {}

  /// Hands the stream to `body` to draw from. Stops if the model has not been initialized.
  public func draw<Result>(_ body: (inout RandomStream) -> Result) -> Result {
    guard var stream else {
      stop("random source", "it has no stream of random numbers yet; call initialize(seed:) on the model first")
    }
    stream.move(to: replayed { stream.position })
    defer { if !isRecomputing { self.stream = stream } }
    return body(&stream)
  }
}
