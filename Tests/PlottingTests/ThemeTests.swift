import Foundation
import Plotting
import Testing

/// Limits of contrast are those of WCAG 2.1: 4.5 for text, 3 for lines.
@Suite struct ThemeTests {
  @Test(arguments: Theme.all) func textIsReadable(_ theme: Theme) {
    for color in [theme.text, theme.muted] { #expect(color.contrast(with: theme.background) >= 4.5) }
  }

  /// Direct labels have the series' colours, so the limit for text holds.
  @Test(arguments: Theme.all) func seriesAreVisible(_ theme: Theme) {
    for (index, color) in theme.series.enumerated() {
      #expect(color.contrast(with: theme.background) >= 4.5, "\(theme.name) \(index)")
    }
    #expect(theme.axis.contrast(with: theme.background) >= 3)
    #expect(theme.emptyCellPattern.contrast(with: theme.emptyCell) >= 3)
    #expect(theme.grid.contrast(with: theme.background) < 1.6, "the grid is faint")
  }

  /// The first four series differ also with a colour vision deficiency; later ones differ by shape.
  @Test(arguments: Theme.all, [Vision.normal, .protanopia, .deuteranopia, .tritanopia])
  func seriesDiffer(_ theme: Theme, _ vision: Vision) {
    for first in 0..<4 {
      for second in 0..<first {
        let distance = vision.lab(theme.series[first]).distance(to: vision.lab(theme.series[second]))
        #expect(distance >= 12, "\(theme.name): \(second) and \(first), \(vision)")
      }
    }
    #expect(Set((0..<6).map(DotShape.ofSeries)).count == 6 && Set((0..<6).map(Stroke.dash(ofSeries:))).count == 6)
  }

  /// Lightness rises monotonically, so that the maps order values without hue and in print.
  @Test(arguments: [ColorMap.viridis, .magma]) func lightnessRises(_ map: ColorMap) {
    let lightness = map.pixels.map { Vision.normal.lab(Color($0)).l }
    #expect(zip(lightness, lightness.dropFirst()).allSatisfy { $0 <= $1 + 0.05 })
    #expect(lightness[0] < 15 && lightness[255] > 89)
  }

  /// Contours have an opacity of 0.8.
  @Test(arguments: [ColorMap.viridis, .magma, .diverging]) func contoursAreVisible(_ map: ColorMap) {
    for index in 0...255 {
      let ground = map.color(at: Double(index) / 255),
        line = Theme.light.color(map.contrastingColor(at: Double(index) / 255))
      #expect(line.opacity(0.8).over(ground).contrast(with: ground) >= 3)
    }
  }

  @Test(arguments: Theme.all) func textInBoxesIsReadable(_ theme: Theme) {
    let ground = theme.color(.muted.opacity(0.12)).over(theme.background)
    #expect(theme.text.contrast(with: ground) >= 4.5 && theme.muted.contrast(with: ground) >= 3)
  }

  @Test func aRatioOfOneIsLightest() {
    let lightness = ColorMap.diverging.pixels.map { Vision.normal.lab(Color($0)).l }
    #expect(lightness[127] > lightness[0] + 40 && lightness[128] > lightness[255] + 40)
    #expect(abs(lightness[0] - lightness[255]) < 8)
  }
}

/// Colour vision. Deficiencies use the matrices of Viénot, Brettel and Mollon (1999) and, for
/// tritanopia, of Brettel, Viénot and Mollon (1997) in one plane.
enum Vision: CaseIterable {
  case normal, protanopia, deuteranopia, tritanopia

  struct Lab {
    let l, a, b: Double
    func distance(to other: Lab) -> Double {
      ((l - other.l) * (l - other.l) + (a - other.a) * (a - other.a) + (b - other.b) * (b - other.b)).squareRoot()
    }
  }

  private var matrix: [[Double]] {
    switch self {
    case .normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    case .protanopia: [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]
    case .deuteranopia: [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]
    case .tritanopia: [[1, 0.14461, -0.14461], [0, 0.85924, 0.14076], [0, 0.85924, 0.14076]]
    }
  }

  func lab(_ color: Color) -> Lab {
    func linear(_ part: Double) -> Double { part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4) }
    let light = [linear(color.red), linear(color.green), linear(color.blue)]
    let seen = matrix.map { row in min(max(zip(row, light).reduce(0) { $0 + $1.0 * $1.1 }, 0), 1) }
    let x = (0.4124 * seen[0] + 0.3576 * seen[1] + 0.1805 * seen[2]) / 0.9505
    let y = 0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2]
    let z = (0.0193 * seen[0] + 0.1192 * seen[1] + 0.9505 * seen[2]) / 1.089
    func root(_ t: Double) -> Double { t > 0.008856 ? cbrt(t) : 7.787 * t + 16 / 116 }
    return Lab(l: 116 * root(y) - 16, a: 500 * (root(x) - root(y)), b: 200 * (root(y) - root(z)))
  }
}

extension Theme: CustomTestStringConvertible {
  /// Its name.
  public var testDescription: String { name }
}
