/// The loss and the accuracy of a model on samples that it is not trained with.
public struct Evaluation: Sendable {
  /// What the samples are, the first part of the names under which it is recorded: `test` by default.
  public let name: String
  /// The mean loss over all samples.
  public let loss: Double
  /// The share of samples classified right, from 0 to 1; nil where samples have no classes.
  public let accuracy: Double?

  /// An evaluation that was computed elsewhere.
  public init(_ name: String = "test", loss: Double, accuracy: Double? = nil) {
    self.name = name
    self.loss = loss
    self.accuracy = accuracy
  }
}
