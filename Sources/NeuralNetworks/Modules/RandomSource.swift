import Autodiff

/// A random stream of a module, such as that of dropout, named by the seed of `initialize(seed:)` and the path in the model.
///
/// A module holds it in a property, where it is found as parameters are. Training states save its position.
public final class RandomSource {
  /// The stream; nil until the model that holds it is initialized.
  public internal(set) var stream: RandomStream?

  /// A source without a stream.
  public init() {}

  /// Calls `body` with the stream to draw from. Stops the program if the model has not been initialized.
  ///
  /// While a `checkpointed` body is recomputed, it draws the same numbers as in the first run.
  public func draw<Result>(_ body: (inout RandomStream) -> Result) -> Result {
    guard var stream else {
      stop("random source", "it has no random stream yet; call initialize(seed:) on the model first")
    }
    stream.move(to: replayed { stream.position })
    defer { if !isRecomputing { self.stream = stream } }
    return body(&stream)
  }
}
