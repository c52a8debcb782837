/// The loss and the accuracy of a model on samples that it is not trained on.
public struct Evaluation: Sendable {
  /// The name of the samples, with which recorded names begin; `test` by default.
  public let name: String
  /// The mean loss over all samples.
  public let loss: Double
  /// The fraction of samples classified correctly, from 0 to 1; nil where samples have no classes.
  public let accuracy: Double?

  /// An evaluation with a known result.
  public init(_ name: String = "test", loss: Double, accuracy: Double? = nil) {
    self.name = name
    self.loss = loss
    self.accuracy = accuracy
  }
}
