/// A mapping from numbers to colours: a scale followed by a colour map.
public struct ColorScale: Sendable, Hashable {
  /// The mapping from numbers to positions on the colour map; numbers outside its range get the map's colour below or above.
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
  public func color(of value: Double) -> Color? {
    scale.fraction(of: value).map { $0 < 0 ? map.below : $0 > 1 ? map.above : map.color(at: $0) }
  }

  var isLog: Bool { scale.kind == .log }
}
