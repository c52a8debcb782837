/// How a series looks beside its colour, so that no reader depends on hue: a dash and a marker by its number.
public struct SeriesStyle: Sendable, Hashable {
  /// The series' number, counted from 0.
  public var index: Int

  /// The look of series number `index`.
  public init(_ index: Int) { self.index = index }

  /// The series' colour.
  public var ink: Ink { .series(index) }

  /// Lengths on and off in points; empty is a solid line.
  public var dash: [Double] { Self.dashes[index % Self.dashes.count] }

  /// The series' marker.
  public var marker: Marker { Marker.allCases[index % Marker.allCases.count] }

  private static let dashes: [[Double]] = [
    [], [7, 2.5], [2, 2], [9, 2.5, 2, 2.5], [4, 2], [9, 2.5, 2, 2.5, 2, 2.5], [12, 3],
  ]
}

/// The shape of a data point.
public enum Marker: Sendable, Hashable, CaseIterable {
  /// A filled disc.
  case circle
  /// A filled square.
  case square
  /// A filled triangle, point up.
  case triangle
  /// A filled square on its corner.
  case diamond
  /// An upright cross.
  case plus
  /// A filled triangle, point down.
  case downTriangle
  /// A diagonal cross.
  case cross

  /// Draws the marker with its centre at `center`, `size` points across.
  public func draw(at center: Point, size: Double, color: Color, on canvas: some Canvas) {
    let half = size / 2
    func corner(_ x: Double, _ y: Double) -> Point { Point(center.x + x * half, center.y + y * half) }
    func polygon(_ points: [Point]) { canvas.fill(.polygon(points), with: color) }
    let pen = Stroke(color: color, width: max(1, size / 4))
    switch self {
    case .circle: canvas.fill(.circle(center: center, radius: half), with: color)
    case .square: polygon([corner(-0.85, -0.85), corner(0.85, -0.85), corner(0.85, 0.85), corner(-0.85, 0.85)])
    case .triangle: polygon([corner(0, -1.1), corner(1.05, 0.8), corner(-1.05, 0.8)])
    case .diamond: polygon([corner(0, -1.2), corner(1.2, 0), corner(0, 1.2), corner(-1.2, 0)])
    case .downTriangle: polygon([corner(0, 1.1), corner(1.05, -0.8), corner(-1.05, -0.8)])
    case .plus:
      canvas.stroke([corner(-1.1, 0), corner(1.1, 0)], with: pen)
      canvas.stroke([corner(0, -1.1), corner(0, 1.1)], with: pen)
    case .cross:
      canvas.stroke([corner(-0.9, -0.9), corner(0.9, 0.9)], with: pen)
      canvas.stroke([corner(-0.9, 0.9), corner(0.9, -0.9)], with: pen)
    }
  }
}
