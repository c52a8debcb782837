/// A recorded call of a module: a row of the table `site`.
///
/// A module that is called several times in a forward pass has a site per call. A container that returns its last child's output, such
/// as `Sequential`, has no site of its own, since the two would hold the same numbers. (Hooks of a container are called all the same; their
/// argument is a `HookSite`, which only names the call.)
public struct Site: Sendable, Hashable, Codable {
  /// The row of the table `site`, to which other tables refer; sites are numbered from 0 in the order of their first calls.
  public var id: Int
  /// The module's dotted path, with the index of the call in brackets from the second on: `cell`, `cell[1]`.
  public var path: String
  /// The module's dotted path, such as `blocks.3.0`.
  public var module: String
  /// The number of earlier calls of the module in the pass: 0 unless it is shared or recurrent.
  public var call: Int
  /// The module's type.
  public var kind: ModuleKind
  /// The largest number of layers on any path from the model's input up to and including this site.
  public var depth: Int
  /// Whether the module itself holds a weight of two or more dimensions.
  public var isLayer: Bool
  /// The shape of the site's output, with the batch first.
  public var shape: [Int]

  /// A site; its path is `module`, with `call` in brackets unless it is 0.
  public init(
    id: Int, module: String, call: Int = 0, kind: ModuleKind, depth: Int, isLayer: Bool, shape: [Int]
  ) {
    self.id = id
    path = call == 0 ? module : "\(module)[\(call)]"
    self.module = module
    self.call = call
    self.kind = kind
    self.depth = depth
    self.isLayer = isLayer
    self.shape = shape
  }

  /// The number of elements of the site's output.
  public var elementCount: Int { product(of: shape) }
}

extension ModuleKind: Codable {}

/// The product of a shape's dimensions, at most `Int.max`: a damaged file may hold any number.
func product(of shape: [Int]) -> Int {
  shape.reduce(1) {
    let (product, overflow) = $0.multipliedReportingOverflow(by: $1)
    return overflow ? .max : product
  }
}
