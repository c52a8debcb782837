/// A mapping from numbers to colours: a scale followed by a colour map.
public struct ColorScale: Sendable, Hashable {
  /// The mapping from numbers to positions on the colour map; numbers outside its range get the colour of the nearest end.
  public var scale: Scale
  /// The colours.
  public var map: ColorMap

  /// A colour scale whose lowest value has the map's first colour and whose highest has the last.
  ///
  ///     ColorScale(Scale(.log, from: 1e-6, to: 1), .viridis)
  public init(_ scale: Scale, _ map: ColorMap) {
    self.scale = scale
    self.map = map
  }

  /// The colour of a number; nil where the scale has no position for it, such as NaN, or 0 on a logarithmic scale.
  public func color(of value: Double) -> Color? { scale.fraction(of: value).map(map.color(at:)) }

  var isLog: Bool { scale.kind == .log }
}
