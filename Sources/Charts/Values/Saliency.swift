import Foundation
import Plotting
import Support

/// An image and the saliency of its pixels: how much each pixel influences a net's loss or output.
public struct SaliencyImage: Sendable, Hashable {
  /// The title above it, such as "boot, classified as sandal".
  public var title: String
  /// The number of pixels per row.
  public var width: Int
  /// The brightness of each pixel, from 0 for black to 1 for white, row by row from the top left.
  public var pixels: [Double]
  /// The saliency of each pixel, such as |dL/dx|, in the order of `pixels`. Its absolute value is drawn.
  public var saliency: [Double]

  /// An image of `pixels.count / width` rows.
  ///
  /// Stops the program if there are no pixels, if they do not fill whole rows, or if the number of saliencies differs from the
  /// number of pixels.
  public init(title: String, width: Int, pixels: [Double], saliency: [Double]) {
    guard width > 0, pixels.count % width == 0, !pixels.isEmpty, saliency.count == pixels.count else {
      stop(
        "SaliencyImage",
        "rows of \(width) pixels need a multiple of \(width) pixels and one saliency per pixel, not \(pixels.count) pixels "
          + "and \(saliency.count) saliencies")
    }
    self.title = title
    self.width = width
    self.pixels = pixels
    self.saliency = saliency
  }
}

extension Chart {
  /// Images, and below each one its saliency map: the absolute saliency divided by the largest of the image, in colours over the
  /// darkened image.
  ///
  /// A pixel whose saliency is not finite is red. Throws a `ChartError` if there are no images.
  ///
  /// Source: Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks", 2013, arXiv:1312.6034.
  public static func saliency(_ images: [SaliencyImage], title: String = "Saliency") throws -> Figure {
    guard !images.isEmpty else { throw ChartError.notGiven(what: "images") }
    let columns = min(images.count, 6)
    var panels: [Panel] = []
    for start in stride(from: 0, to: images.count, by: columns) {
      let row = Array(images[start..<min(start + columns, images.count)])
      // Empty panels fill the last row.
      let empty = [Panel](repeating: panel("", nil), count: columns - row.count)
      panels += row.map { panel($0.title, $0.plain) } + empty + row.map { panel("", $0.overlay) } + empty
    }
    let rows = panels.count / columns
    return Figure(
      title: title, subtitle: "below each image: the saliency of its pixels, relative to the largest",
      caption: images.contains { !$0.saliency.allSatisfy(\.isFinite) } ? "Red: not finite." : "", panels: panels,
      columns: columns,
      colorBar: ColorBar(ColorScale(Scale(.linear, from: 0, to: 1), .magma), title: "relative saliency"),
      description: "Images and the saliency of their pixels. " + images.map(\.sentence).joined(separator: " "),
      size: Size(width: max(420, 110 + 135 * Double(columns)), height: 90 + 145 * Double(rows)))
  }

  private static func panel(_ title: String, _ image: PixelImage?) -> Panel {
    Panel(title: title, x: .hidden, y: .hidden, marks: image.map { [ImageMark($0)] } ?? [])
  }
}

extension SaliencyImage {
  private var height: Int { pixels.count / width }

  private func grey(_ value: Double) -> Color {
    let brightness = value.isFinite ? min(max(value, 0), 1) : 0
    return Color(red: brightness, green: brightness, blue: brightness)
  }

  fileprivate var plain: PixelImage { PixelImage(width: width, height: height, pixels: pixels.map { grey($0).pixel }) }

  /// The saliency in colours over the darkened image.
  fileprivate var overlay: PixelImage {
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
    guard largest > 0, let index = saliency.firstIndex(where: { abs($0) == largest }) else {
      return "\(title): every saliency is 0\(note)."
    }
    return
      "\(title): largest \(formatSignificant(largest)) in row \(index / width + 1), column \(index % width + 1)\(note)."
  }
}
