/// A place in a model at which something is recorded: one call of one module.
public struct Site: Sendable, Hashable, Codable {
  /// The number by which rows name this site; sites are numbered in forward order.
  public var id: Int
  /// The dotted path of the module, such as `blocks.3.0`.
  public var path: String
  /// The kind of layer, such as `Linear`.
  public var kind: String
  /// How many layers with weights lie up to and including this site, in forward order: the y axis of a heatmap.
  public var depth: Int
  /// The shape of the site's output, with the batch first.
  public var shape: [Int]
  /// How many numbers are trained at this site.
  public var parameters: Int

  /// A site made of its parts.
  public init(id: Int, path: String, kind: String, depth: Int, shape: [Int], parameters: Int) {
    self.id = id
    self.path = path
    self.kind = kind
    self.depth = depth
    self.shape = shape
    self.parameters = parameters
  }
}
