import Autodiff
import Datasets
import Foundation
import TestSupport
import Testing

/// Folders of images that `Reference/make_images.py` wrote without libpng.
@Suite struct ImageFolderTests {
  private let folder = repositoryRoot + "/Tests/DatasetsTests/Reference/images"

  private func rows(_ data: Dataset) -> [[Float]] {
    (0..<data.count).map { data.batch(at: [$0]).inputs.values.map { ($0 * 255).rounded() } }
  }

  @Test func greyImages() throws {
    let images = try ImageFolder(folder + "/grey")
    #expect(images.size == ImageSize(height: 2, width: 3))
    #expect(images.files == ["a/16.PNG", "b/8.png", "b/bits.png"])
    #expect(images.data.labels == [0, 1, 1] && images.data.classNames == ["a", "b"])
    #expect(
      rows(images.data) == [[0, 51, 102, 153, 204, 255], [0, 51, 102, 153, 204, 255], [255, 0, 255, 0, 255, 0]])
    #expect(images.data.batch(at: [1]).inputs.values[1] == Float(51) / 255)
  }

  @Test func colouredImages() throws {
    let images = try ImageFolder(folder + "/colour")
    #expect(images.size == ImageSize(height: 2, width: 3, channels: 3))
    #expect(images.files == ["a/palette.png", "a/rgb.png", "b/grey.png", "b/transparent.png"])
    #expect(
      rows(images.data) == [
        [255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 255, 0, 255, 0, 255, 0, 0],
        [255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 51, 51, 51, 255, 255, 255],
        [0, 0, 0, 51, 51, 51, 102, 102, 102, 153, 153, 153, 204, 204, 204, 255, 255, 255],
        [255, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 51, 51, 51, 255, 255, 255],
      ])
    // Grey on request.
    let grey = try ImageFolder(folder + "/colour", channels: 1)
    #expect(grey.data.features == 6 && rows(grey.data)[2] == [0, 51, 102, 153, 204, 255])
  }

  @Test func badFoldersAreRefused() throws {
    try withTemporaryFolder { temporary in
      func problem(_ prepare: (String) throws -> Void) throws -> String {
        let root = temporary + "/" + UUID().uuidString
        try FileManager.default.copyItem(atPath: folder + "/grey", toPath: root)
        try prepare(root)
        let error = #expect(throws: DataFileError.self) { try ImageFolder(root) }
        return (error?.description ?? "").replacing(root, with: "R")
      }
      let manager = FileManager.default
      #expect(try problem { try manager.removeItem(atPath: $0) } == "R: there is no such folder")
      #expect(
        try problem {
          try manager.removeItem(atPath: $0 + "/a")
          try manager.removeItem(atPath: $0 + "/b")
        } == "R: it has no folders; put the images of each class into one of its own")
      #expect(
        try problem {
          try manager.moveItem(atPath: $0 + "/a/16.PNG", toPath: $0 + "/a/16.jpg")
        } == "R/a: it has no PNG images; convert its other files (1) to PNG")
      #expect(
        try problem { try Data("no image".utf8).write(to: URL(filePath: $0 + "/b/8.png")) }
          == "R/b/8.png: it is no PNG image, or its beginning is damaged")
      let whole = try Data(contentsOf: URL(filePath: folder + "/grey/b/8.png"))
      #expect(
        try problem { try whole.prefix(whole.count - 20).write(to: URL(filePath: $0 + "/b/8.png")) }
          == "R/b/8.png: its pixels are damaged or cut short")
      #expect(
        try problem {
          try manager.copyItem(
            atPath: repositoryRoot + "/Tests/DatasetsTests/Reference/small.png", toPath: $0 + "/b/c.png")
        } == "R/b/c.png: it has 1 × 1 pixels; R/a/16.PNG has 3 × 2")
    }
  }

  @Test func otherFilesAreNamed() throws {
    try withTemporaryFolder { temporary in
      let root = temporary + "/images"
      try FileManager.default.copyItem(atPath: folder + "/grey", toPath: root)
      try Data("x".utf8).write(to: URL(filePath: root + "/b/notes.txt"))
      #expect(try ImageFolder(root).otherFiles == ["b/notes.txt"])
    }
  }
}
