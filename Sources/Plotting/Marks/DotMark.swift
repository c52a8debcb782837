import Foundation

/// The shape of a dot. Series with different shapes can be distinguished without colour.
public enum DotShape: Int, CaseIterable, Sendable, Hashable {
  /// A filled circle.
  case circle
  /// A filled square.
  case square
  /// A filled triangle, pointing up.
  case triangle
  /// A filled square on its corner.
  case diamond
  /// Two diagonal lines.
  case cross
  /// A horizontal and a vertical line.
  case plus
  /// A circle without filling.
  case ring

  /// The shape of series `index`, counted from 0; shapes repeat after six. Crosses are reserved for failures.
  ///
  /// Stops the program if `index` is negative.
  public static func ofSeries(_ index: Int) -> DotShape {
    let shapes: [DotShape] = [.circle, .square, .triangle, .diamond, .ring, .plus]
    return shapes[seriesIndex(index, count: shapes.count, in: "DotShape.ofSeries")]
  }
}

/// A dot at each point. Points without a position are left out.
public struct DotMark: Mark {
  /// The x of each point.
  public var x: [Double]
  /// The y of each point.
  public var y: [Double]
  /// The colour.
  public var color: ColorRole
  /// The shape.
  public var shape: DotShape
  /// The width in units of 1/96 inch.
  public var size: Double
  /// Whether the range of the y axis includes the values.
  public var extends: Bool

  /// Dots at points; filled circles by default.
  public init(
    x: [Double], y: [Double], color: ColorRole, shape: DotShape = .circle, size: Double = 5.5, extends: Bool = true
  ) {
    self.x = x
    self.y = y
    self.color = color
    self.shape = shape
    self.size = size
    self.extends = extends
  }

  /// Includes the values.
  public func extend(_ limits: inout DataLimits) {
    limits.x.include(x)
    if extends { limits.y.include(y) }
  }

  /// Draws the mark.
  public func draw(in area: PlotArea, on canvas: any Canvas) {
    let fillColor = area.theme.color(color)
    for index in 0..<min(x.count, y.count) {
      if let point = area.point(x[index], y[index]), area.rectangle.inset(-1).contains(point) {
        canvas.dot(shape, at: point, size: size, fillColor)
      }
    }
  }
}

extension Canvas {
  /// Draws the dot as polygons and lines.
  public func dot(_ shape: DotShape, at centre: Point, size: Double, _ color: Color) {
    let r = size / 2
    func corners(_ offsets: [(Double, Double)]) -> [Point] {
      offsets.map { Point(centre.x + $0.0 * r, centre.y + $0.1 * r) }
    }
    func round(_ factor: Double) -> [Point] {
      corners((0..<20).map { (cos(Double($0) * .pi / 10) * factor, sin(Double($0) * .pi / 10) * factor) })
    }
    let thin = Stroke(color, width: max(1.2, size / 4))
    switch shape {
    case .circle: fill(round(1), color)
    case .ring: stroke(round(0.85) + [round(0.85)[0]], thin)
    case .square: fill(corners([(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)]), color)
    case .triangle: fill(corners([(0, -1.15), (1.05, 0.75), (-1.05, 0.75)]), color)
    case .diamond: fill(corners([(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)]), color)
    case .cross:
      stroke(corners([(-0.9, -0.9), (0.9, 0.9)]), thin)
      stroke(corners([(-0.9, 0.9), (0.9, -0.9)]), thin)
    case .plus:
      stroke(corners([(-1.1, 0), (1.1, 0)]), thin)
      stroke(corners([(0, -1.1), (0, 1.1)]), thin)
    }
  }
}
