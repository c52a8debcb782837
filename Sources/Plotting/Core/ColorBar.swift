/// The colour bar of a heatmap: its colour scale, with a swatch for each kind of cell that holds no number.
public struct ColorBar: Sendable, Hashable {
  /// The colour scale.
  public var colors: ColorScale
  /// The title: the quantity and its unit.
  public var title: String
  /// The kinds of cells that get a swatch.
  public var kinds: [CellKind]
  /// Whether the bar ends in a point at the bottom, which means that some values are lower than the scale.
  public var extendsBelow: Bool
  /// Whether the bar ends in a point at the top, which means that some values are higher than the scale.
  public var extendsAbove: Bool

  /// A colour bar; without swatches and points by default.
  public init(
    _ colors: ColorScale, title: String, kinds: [CellKind] = [], extendsBelow: Bool = false, extendsAbove: Bool = false
  ) {
    self.colors = colors
    self.title = title
    self.kinds = kinds
    self.extendsBelow = extendsBelow
    self.extendsAbove = extendsAbove
  }
}
