import Foundation
import Plotting
import Support

/// A picture, and how much each of its pixels matters to what a net says about it.
public struct SaliencyImage: Sendable, Hashable {
  /// What stands above it, such as "boot, taken for a sandal".
  public var title: String
  /// How many pixels a row has.
  public var width: Int
  /// The brightness of each pixel, from 0 for black to 1 for white, row by row from the top left.
  public var pixels: [Double]
  /// How much each pixel matters, such as |dL/dx|; negative values count by their size.
  public var saliency: [Double]

  /// A picture made of its parts, of whole rows and as many saliencies as pixels.
  public init(title: String, width: Int, pixels: [Double], saliency: [Double]) {
    guard width > 0, pixels.count % width == 0, !pixels.isEmpty, saliency.count == pixels.count else {
      stop(
        "SaliencyImage", "rows of \(width) pixels don't make \(pixels.count) pixels with \(saliency.count) saliencies")
    }
    self.title = title
    self.width = width
    self.pixels = pixels
    self.saliency = saliency
  }
}

extension Chart {
  /// Pictures with the pixels that matter lit up: each picture as it is, and below it the saliency, bright where it is large,
  /// over the faint picture. Saliency is relative to each picture's largest.
  ///
  /// A pixel whose saliency is not finite is red. Throws a `ChartError` where there are no pictures.
  ///
  /// Source: Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks", 2013, arXiv:1312.6034.
  public static func saliency(_ images: [SaliencyImage], title: String = "Saliency") throws -> Figure {
    guard !images.isEmpty else { throw ChartError.notGiven(what: "pictures") }
    let columns = min(images.count, 6)
    var panels: [Panel] = []
    for start in stride(from: 0, to: images.count, by: columns) {
      let row = Array(images[start..<min(start + columns, images.count)])
      // An empty panel keeps the columns of the last row.
      let holes = [Panel](repeating: picture("", nil), count: columns - row.count)
      panels += row.map { picture($0.title, $0.plain) } + holes + row.map { picture("", $0.lit) } + holes
    }
    let rows = panels.count / columns
    return Figure(
      title: title, subtitle: "below each picture: how much each pixel matters, relative to the largest",
      caption: images.contains { !$0.saliency.allSatisfy(\.isFinite) } ? "Red: not finite." : "", panels: panels,
      columns: columns,
      colorBar: ColorBar(ColorScale(Scale(.linear, from: 0, to: 1), .magma), title: "relative saliency"),
      description: "Pictures and how much their pixels matter. " + images.map(\.sentence).joined(separator: " "),
      size: Size(width: max(420, 110 + 135 * Double(columns)), height: 90 + 145 * Double(rows)))
  }

  private static func picture(_ title: String, _ image: PixelImage?) -> Panel {
    Panel(title: title, x: .hidden, y: .hidden, marks: image.map { [ImageMark($0)] } ?? [])
  }
}

extension SaliencyImage {
  private var height: Int { pixels.count / width }

  private func grey(_ value: Double) -> Color {
    let part = value.isFinite ? min(max(value, 0), 1) : 0
    return Color(red: part, green: part, blue: part)
  }

  fileprivate var plain: PixelImage { PixelImage(width: width, height: height, pixels: pixels.map { grey($0).pixel }) }

  /// The saliency in colours over the picture.
  fileprivate var lit: PixelImage {
    let most = largest
    return PixelImage(
      width: width, height: height,
      pixels: zip(pixels, saliency).map { pixel, saliency in
        guard saliency.isFinite else { return Color(0xFF0000).pixel }
        let part = most > 0 ? abs(saliency) / most : 0
        return ColorMap.magma.color(at: part).opacity(0.35 + 0.65 * part).over(grey(pixel * 0.5)).pixel
      })
  }

  private var largest: Double { saliency.filter(\.isFinite).map(abs).max() ?? 0 }

  fileprivate var sentence: String {
    let broken = saliency.filter { !$0.isFinite }.count
    let note = broken > 0 ? "; \(broken) pixels are not finite" : ""
    guard largest > 0, let place = saliency.firstIndex(where: { abs($0) == largest }) else {
      return "\(title): no pixel matters\(note)."
    }
    return
      "\(title): largest \(formatSignificant(largest)) in row \(place / width + 1), column \(place % width + 1)\(note)."
  }
}
