import CZlib
import CairoBackend
import Foundation
import Plotting
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct WritingTests {
  private var figure: Figure {
    let x = (0..<50).map(Double.init)
    return Figure(
      title: "A title",
      panels: [Panel(x: Axis(.integer, "step"), y: Axis(.linear), marks: [LineMark(x: x, y: x, color: .text)])],
      description: "A line that rises.", size: Size(width: 200, height: 120))
  }

  private func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder)
  }

  @Test func aPNGHasItsMetadata() throws {
    let data = try figure.png(scale: 1.5, command: "rheoscope render run.rheo")
    #expect(data.prefix(8) == Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
    #expect(number(data, at: 16) == 300 && number(data, at: 20) == 180, "width and height")
    #expect(data[24] == 8 && data[25] == 2, "eight bits, RGB")
    for text in ["Title\0", "A title", "Description\0", "A line that rises.", "Command\0", "rheoscope render run.rheo"]
    {
      #expect(data.range(of: Data(text.utf8)) != nil, "\(text)")
    }
    let resolution = try #require(data.range(of: Data("pHYs".utf8)))
    #expect(number(data, at: resolution.upperBound) == 5669, "144 pixels per inch, in metres")
    #expect(data.range(of: Data("tIME".utf8)) == nil)
  }

  @Test func textsOfFilesAreEscapedInSVG() throws {
    var figure = figure
    figure.title = "a\u{1}\u{202E}\u{0}]]><script>\"'"
    figure.panels[0].title = figure.title
    figure.description = figure.title
    let svg = try figure.svg(command: figure.title), parser = XMLParser(data: svg)
    #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
    #expect(!String(decoding: svg, as: UTF8.self).contains("<script>"))
  }

  @Test func theFamilyIsChosen() throws {
    let fonts = try Fonts(family: "dejavu sans")
    #expect(try figure.png(fonts: fonts) == figure.png(), "the default")
    let error = #expect(throws: FigureError.self) { try Fonts(family: "No Such Font") }
    #expect("\(error!)".hasPrefix("no font “No Such Font” is installed; installed are "), "\(error!)")
  }

  private func number(_ data: Data, at place: Int) -> Int {
    data[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
  }

  @Test func theSameFigureGivesTheSameBytes() async throws {
    let first = try figure.png()
    #expect(try figure.png() == first)
    let elsewhere = try await Task.detached { [figure] in try figure.png() }.value
    #expect(elsewhere == first, "in another thread too")
  }

  @Test func vectorFilesHaveMetadataWithoutTime() throws {
    let cells = CellMark(
      columns: [0, 1], rows: [0], values: [1, .nan], colors: ColorScale(Scale(.log, from: 0.1, to: 1), .magma))
    var figure = figure
    figure.title = "a < b & c"
    figure.panels[0].marks = [cells]
    let svg = try figure.svg(command: "render --x"), text = String(decoding: svg, as: UTF8.self)
    #expect(try figure.svg(command: "render --x") == svg)
    #expect(text.contains("<title id=\"title\">a &lt; b &amp; c</title>"))
    #expect(text.contains("<desc id=\"description\">A line that rises.</desc>"))
    #expect(text.contains("aria-labelledby=\"title description\""))
    #expect(text.contains(">step</text>") && text.contains(">a &lt; b &amp; c</text>"), "text is text")
    #expect(text.contains("image-rendering:pixelated") && text.contains("font-family=\"'DejaVu Sans', "))
    #expect(text.contains("<metadata>render --x</metadata>") && text.contains("role=\"img\""))
    #expect(text.contains("width=\"200\"") && text.contains("viewBox=\"0 0 200 120\""))
    let parser = XMLParser(data: svg)
    #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
    let pdf = try figure.pdf()
    #expect(try figure.pdf() == pdf)
    #expect(pdf.prefix(5) == Data("%PDF-".utf8))
    let parts = pdf + uncompressedStreams(of: pdf)
    #expect(parts.range(of: Data("/Title".utf8)) != nil && parts.range(of: Data("CreationDate".utf8)) == nil)
    #expect(parts.range(of: Data("/MediaBox [ 0 0 150 90 ]".utf8)) != nil, "in points")
    for text in ["/Title", "/Subject", "/Width 2\n   /Height 1\n", "/Interpolate false"] {
      #expect(parts.range(of: Data(text.utf8)) != nil, "\(text)")
    }
    #expect(parts.range(of: Data("/Interpolate true".utf8)) == nil)
    #expect(throws: FigureError.self) { try Figure(panels: [], size: Size(width: 0, height: 5)).svg() }
  }

  /// What the compressed streams of a PDF file hold. Cairo 1.18 keeps the size of the page and the metadata in one.
  private func uncompressedStreams(of pdf: Data) -> Data {
    var result = Data(), rest = pdf[...]
    while let start = rest.range(of: Data("\nstream\n".utf8)),
      let end = rest[start.upperBound...].range(of: Data("endstream".utf8))
    {
      let stream = [UInt8](rest[start.upperBound..<end.lowerBound])
      var bytes = [UInt8](repeating: 0, count: 1 << 20), count = uLongf(bytes.count)
      if uncompress(&bytes, &count, stream, uLong(stream.count)) == Z_OK { result += bytes.prefix(Int(count)) }
      rest = rest[end.upperBound...]
    }
    return result
  }

  @Test func filesAppearOnlyWhenComplete() throws {
    try withTemporaryFolder { folder in
      try figure.write(to: folder + "/new/folder/a.png")
      #expect(try names(in: folder + "/new/folder") == ["a.png"])
      try Data("mine".utf8).write(to: URL(fileURLWithPath: folder + "/file"))
      #expect(throws: FigureError.self) { try figure.write(to: folder + "/file/a.png") }
      try FileManager.default.createDirectory(atPath: folder + "/taken.png/x", withIntermediateDirectories: true)
      #expect(throws: FigureError.self) { try figure.write(to: folder + "/taken.png") }
      #expect(try names(in: folder).sorted() == ["file", "new", "taken.png"])
    }
  }

  /// The longest name that a file system allows.
  @Test func aLongNameIsWritten() throws {
    try withTemporaryFolder { folder in
      let name = String(repeating: "a", count: 250) + ".png"
      try figure.write(to: "\(folder)/\(name)")
      #expect(try names(in: folder) == [name])
    }
  }

  /// Another user's link in the folder is never written through, whatever its name, nor the link at the path itself.
  @Test func plantedLinksAreNotFollowed() throws {
    try withTemporaryFolder { folder in
      try Data("theirs".utf8).write(to: URL(filePath: folder + "/victim"))
      let links = ["a.png", "a.png.\(getpid()).part", ".a.png.partial", "a.png.part"]
      for link in links { #expect(symlink("victim", "\(folder)/\(link)") == 0) }
      try figure.write(to: folder + "/a.png")
      #expect(try String(contentsOfFile: folder + "/victim", encoding: .utf8) == "theirs")
      #expect(try names(in: folder).sorted() == (links + ["victim"]).sorted())
    }
  }

  @Test func errorsNameTheProblem() throws {
    #expect(throws: FigureError.unknownFormat(path: "a.bmp")) { try figure.write(to: "a.bmp") }
    #expect(throws: FigureError.badSize(width: 200_000, height: 120_000)) { try figure.png(scale: 1000) }
    #expect(throws: FigureError.badSize(width: 0, height: 0)) { try figure.png(scale: 0) }
    let texts = [
      FigureError.unknownFormat(path: "a.bmp"):
        "a.bmp: the name must end in the format of the figure: .png, .svg, .pdf",
      .badSize(width: 40_000, height: 2):
        "a figure of 40\u{2009}000 × 2 pixels can't be drawn; choose a size and a scale that give 1 to 32\u{2009}767 pixels per side",
      .outOfMemory(width: 9, height: 2):
        "there is not enough memory for a figure of 9 × 2 pixels; choose a smaller size or scale",
    ]
    for (error, text) in texts { #expect("\(error)" == text) }
    try withTemporaryFolder { folder in
      try Data("mine".utf8).write(to: URL(fileURLWithPath: folder + "/file"))
      for (path, reason) in [
        (folder + "/file/b/a.png", "“\(folder)/file” is a file, not a folder"),
        (
          folder + "/" + String(repeating: "a", count: 260) + ".png",
          "the name is too long; a name has at most 255 bytes, a path 4,095"
        ),
        (folder + "/a\u{0}.png", "the path holds a NUL character"),
      ] {
        #expect(throws: FigureError.cannotWrite(path: path, reason: reason)) { try figure.write(to: path) }
      }
      let path = folder + "/file/a.png"
      let error = #expect(throws: FigureError.self) { try figure.write(to: path) }
      let text = error.map { "\($0)" } ?? ""
      #expect(
        text.hasPrefix("\(path): the figure can't be written (") && text.hasSuffix(" in a folder where you may write"),
        "\(text)")
    }
  }

  @Test func longestSide() throws {
    var figure = Figure(panels: [])
    figure.size = Size(width: 32_767, height: 1)
    #expect(try figure.png(scale: 1).count > 60)
  }
}
