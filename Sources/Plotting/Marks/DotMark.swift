import Foundation

/// The shape of a dot, so that series differ without colour.
public enum DotShape: Int, CaseIterable, Sendable, Hashable {
  case circle, square, triangle, diamond, cross, plus, ring

  /// The shape of the series with this number, from 0; crosses are kept for what has failed.
  public static func ofSeries(_ index: Int) -> DotShape {
    let shapes: [DotShape] = [.circle, .square, .triangle, .diamond, .ring, .plus]
    return shapes[index % shapes.count]
  }
}

/// A dot at each point; points without a place are left out.
public struct DotMark: Mark {
  /// The x of each point.
  public var x: [Double]
  /// The y of each point.
  public var y: [Double]
  /// What they are drawn in.
  public var ink: ColorRole
  /// Their shape.
  public var shape: DotShape
  /// Their width.
  public var size: Double
  /// Whether the y axis should show all of them, rather than what other marks need.
  public var extends: Bool

  /// Dots made of their parts.
  public init(
    x: [Double], y: [Double], ink: ColorRole, shape: DotShape = .circle, size: Double = 5.5, extends: Bool = true
  ) {
    self.x = x
    self.y = y
    self.ink = ink
    self.shape = shape
    self.size = size
    self.extends = extends
  }

  /// Asks for its values to be seen.
  public func extend(_ extent: inout Extent) {
    extent.x.include(x)
    if extends { extent.y.include(y) }
  }

  /// Draws itself.
  public func draw(in frame: Frame, on canvas: any Canvas) {
    let color = frame.theme.color(ink)
    for index in 0..<min(x.count, y.count) {
      if let point = frame.point(x[index], y[index]), frame.rectangle.inset(-1).contains(point) {
        canvas.dot(shape, at: point, size: size, color)
      }
    }
  }
}

extension Rectangle {
  func contains(_ point: Point) -> Bool { point.x >= left && point.x <= right && point.y >= top && point.y <= bottom }
}

extension Canvas {
  /// Draws one dot.
  func dot(_ shape: DotShape, at centre: Point, size: Double, _ color: Color) {
    let r = size / 2
    func corners(_ places: [(Double, Double)]) -> [Point] {
      places.map { Point(centre.x + $0.0 * r, centre.y + $0.1 * r) }
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
