/// A parameter of the model: a row of the table `parameter`.
public struct RecordedParameter: Sendable, Hashable {
  /// The row of the table `parameter`, to which the table `weight` refers.
  public var id: Int
  /// The parameter's dotted path, such as `blocks.3.0.weight`.
  public var path: String
  /// The sizes of its dimensions.
  public var shape: [Int]
  /// The `id` of the first site of the module that holds it; nil if that module has no site.
  public var site: Int?
  /// The optimizers that hold it, by their position in the recorder's list: none, one or several.
  public var optimizers: [Int]
  /// Whether the optimizers that hold it leave it unchanged, at the first step, or where a module was added later at its first recorded step.
  public var isFrozen: Bool

  /// A parameter as it is at the first step.
  public init(
    id: Int, path: String, shape: [Int], site: Int? = nil, optimizers: [Int] = [0], isFrozen: Bool = false
  ) {
    self.id = id
    self.path = path
    self.shape = shape
    self.site = site
    self.optimizers = optimizers
    self.isFrozen = isFrozen
  }
}
