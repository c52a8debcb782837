/// An image in the middle of the plot area, as large as fits with square pixels.
public struct ImageMark: Mark {
  /// The image.
  public var image: PixelImage

  /// A mark that shows an image.
  public init(_ image: PixelImage) { self.image = image }

  /// Includes nothing, since the image has no data coordinates.
  public func extend(_ limits: inout DataLimits) {}

  /// Draws the mark.
  public func draw(in area: PlotArea, on canvas: any Canvas) {
    let rectangle = area.rectangle, width = Double(image.width), height = Double(image.height)
    let side = min(rectangle.width / width, rectangle.height / height)
    guard side > 0 else { return }
    canvas.image(
      image,
      in: Rectangle(
        left: rectangle.middle.x - width * side / 2, top: rectangle.middle.y - height * side / 2, width: width * side,
        height: height * side))
  }
}
