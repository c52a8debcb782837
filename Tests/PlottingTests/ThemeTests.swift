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

  /// The distance is that of CIEDE2000.
  @Test(arguments: Theme.all, Vision.allCases)
  func seriesDiffer(_ theme: Theme, _ vision: Vision) {
    #expect(theme.series.count == 7)
    for first in theme.series.indices {
      for second in 0..<first {
        let distance = vision.lab(theme.series[first]).distance(to: vision.lab(theme.series[second]))
        #expect(distance >= (first < 5 ? 15 : 12), "\(theme.name): \(second) and \(first), \(vision)")
      }
    }
    #expect(Set((0..<6).map(DotShape.ofSeries)).count == 6 && Set((0..<7).map(Stroke.dash(ofSeries:))).count == 7)
  }

  /// Pairs of Sharma, Wu and Dalal's table of test data.
  @Test(arguments: [
    (Vision.Lab(l: 50, a: 2.6772, b: -79.7751), Vision.Lab(l: 50, a: 0, b: -82.7485), 2.0425),
    (.init(l: 50, a: 2.5, b: 0), .init(l: 61, a: -5, b: 29), 22.8977),
    (.init(l: 2.0776, a: 0.0795, b: -1.135), .init(l: 0.9033, a: -0.0636, b: -0.5514), 0.9082),
    (.init(l: 60.2574, a: -34.0099, b: 36.2677), .init(l: 60.4626, a: -34.1751, b: 39.4387), 1.2644),
    (.init(l: 50, a: 0, b: 0), .init(l: 50, a: -1, b: 2), 2.3669),
  ])
  func distancesAreThoseOfTheTable(_ one: Vision.Lab, _ two: Vision.Lab, _ distance: Double) {
    #expect(abs(one.distance(to: two) - distance) < 1e-4 && abs(two.distance(to: one) - distance) < 1e-4)
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

    /// CIEDE2000. Source: Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", 2005.
    func distance(to other: Lab) -> Double {
      func radians(_ degrees: Double) -> Double { degrees * .pi / 180 }
      func saturation(_ chroma: Double) -> Double { (pow(chroma, 7) / (pow(chroma, 7) + pow(25, 7))).squareRoot() }
      let stretch = 1 + 0.5 * (1 - saturation((hypot(a, b) + hypot(other.a, other.b)) / 2))
      let chromas = [hypot(a * stretch, b), hypot(other.a * stretch, other.b)]
      let hues = [atan2(b, a * stretch), atan2(other.b, other.a * stretch)].map {
        ($0 * 180 / .pi + 360).remainder(dividingBy: 360)
      }
      let isGrey = chromas[0] * chromas[1] == 0
      let turn = isGrey ? 0 : (hues[1] - hues[0]).remainder(dividingBy: 360)
      let lightness = (l + other.l) / 2, chroma = (chromas[0] + chromas[1]) / 2
      let hue = isGrey ? hues[0] + hues[1] : hues[0] + turn / 2
      let t =
        1 - 0.17 * cos(radians(hue - 30)) + 0.24 * cos(radians(2 * hue)) + 0.32 * cos(radians(3 * hue + 6))
        - 0.2 * cos(radians(4 * hue - 63))
      let offset = (lightness - 50) * (lightness - 50)
      let across = (other.l - l) / (1 + 0.015 * offset / (20 + offset).squareRoot())
      let along = (chromas[1] - chromas[0]) / (1 + 0.045 * chroma)
      let around =
        2 * (chromas[0] * chromas[1]).squareRoot() * sin(radians(turn / 2)) / (1 + 0.015 * chroma * t)
      let fromBlue = (hue - 275).remainder(dividingBy: 360) / 25
      let rotation = -sin(radians(60 * exp(-fromBlue * fromBlue))) * 2 * saturation(chroma)
      return (across * across + along * along + around * around + rotation * along * around).squareRoot()
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
