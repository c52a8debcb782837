import Autodiff
import Foundation

/// A folder of PNG images with one folder per class: `shapes/circle/1.png`, `shapes/square/1.png`, ….
///
///     let shapes = try ImageFolder("shapes")
///     let images = batch.inputs.reshaped([64, shapes.size.height, shapes.size.width, shapes.size.channels])
///
/// Classes are the folders in alphabetical order, samples the files of each in alphabetical order. All images have one size.
public struct ImageFolder: Sendable {
  /// The images: inputs [count, height · width · channels], channels-last, from 0 (black) to 1; class names are those of the folders.
  public let data: Dataset
  /// The size of all images.
  public let size: ImageSize
  /// The files of the samples, `circle/1.png`, in their order.
  public let files: [String]
  /// The files in class folders that are no `.png`, and were left out.
  public let otherFiles: [String]

  /// Reads all images. With 1 channel they are grey, with 3 they are red, green and blue; by default grey if no image has colours. Transparent
  /// pixels lie on black; 16 bits per channel are rounded to 8. Hidden files are ignored.
  ///
  /// Throws a `DataFileError` if the folder can't be read, there is no class or one without PNG images, or an image is damaged or of another
  /// size than the first. Stops the program if `channels` is neither 1 nor 3.
  public init(_ path: String, channels: Int? = nil) throws {
    guard channels == nil || channels == 1 || channels == 3 else {
      stop("ImageFolder", "there are \(channels!) channels; there must be 1 for grey or 3 for colours")
    }
    let classes = try names(in: path).filter { isFolder("\(path)/\($0)") }
    guard !classes.isEmpty else {
      throw DataFileError.folder(
        path: path, problem: "it has no folders; put the images of each class into one of its own")
    }
    var files: [String] = [], labels: [Int] = [], others: [String] = []
    for (label, name) in classes.enumerated() {
      let found = try names(in: "\(path)/\(name)"), images = found.filter { $0.lowercased().hasSuffix(".png") }
      guard !images.isEmpty else {
        let rest = found.isEmpty ? "" : "; convert its other files (\(found.count)) to PNG"
        throw DataFileError.folder(path: "\(path)/\(name)", problem: "it has no PNG images\(rest)")
      }
      files += images.map { "\(name)/\($0)" }
      labels += images.map { _ in label }
      others += found.filter { !images.contains($0) }.map { "\(name)/\($0)" }
    }
    let images = try files.map { file throws(DataFileError) in try PNGFile(path: "\(path)/\(file)") }
    let channels = channels ?? (images.contains(where: \.isColoured) ? 3 : 1)
    let (height, width) = (images[0].height, images[0].width)
    size = ImageSize(height: height, width: width, channels: channels)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(images.count * size.elementCount)
    for image in images {
      guard (image.height, image.width) == (height, width) else {
        throw DataFileError.image(
          path: image.path,
          problem: "it has \(image.width) × \(image.height) pixels; \(images[0].path) has \(width) × \(height)")
      }
      pixels += try image.pixels(channels: channels)
    }
    data = Dataset(
      inputs: Samples(bytes: pixels, table: (0...255).map { Float($0) / 255 }, count: images.count), labels: labels,
      classNames: classes)
    (self.files, otherFiles) = (files, others)
  }
}

/// The names in a folder that are not hidden, in alphabetical order.
private func names(in path: String) throws(DataFileError) -> [String] {
  do {
    return try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") }.sorted()
  } catch {
    let problem =
      !FileManager.default.fileExists(atPath: path)
      ? "there is no such folder" : isFolder(path) ? "it can't be read" : "it is no folder"
    throw .folder(path: path, problem: problem)
  }
}

private func isFolder(_ path: String) -> Bool {
  var isFolder: ObjCBool = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
}
