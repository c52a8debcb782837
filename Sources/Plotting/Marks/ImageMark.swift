/// A picture in the middle of the plot area, as large as it fits with square pixels.
public struct ImageMark: Mark {
  /// The picture.
  public var image: PixelImage

  /// A mark of a picture.
  public init(_ image: PixelImage) { self.image = image }

  /// Asks for nothing, since it fits everywhere.
  public func extend(_ extent: inout Extent) {}

  /// Draws itself.
  public func draw(in frame: Frame, on canvas: any Canvas) {
    let area = frame.rectangle, width = Double(image.width), height = Double(image.height)
    let side = min(area.width / width, area.height / height)
    guard side > 0 else { return }
    canvas.image(
      image,
      in: Rectangle(
        left: area.middle.x - width * side / 2, top: area.middle.y - height * side / 2, width: width * side,
        height: height * side))
  }
}
