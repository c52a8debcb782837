import Foundation
import TestSupport
import Testing

/// `.scripts/gallery`, `.scripts/twenty-seeds`, and what git ignores.
@Suite struct GalleryScriptTests {
  /// A failed claim is the exit code, after everything is drawn and published.
  @Test(arguments: [0, 1]) func theGalleryIsDrawnThoughClaimsFail(_ code: Int32) throws {
    try withScripts { scripts in
      try writeResults(scripts)
      let run = try scripts.run(
        ".scripts/gallery", [], ["FAKE_TOOL_OF_RUN": "\(code)", "FAKE_TOOL": "0", "FAKE_LIST": "residual  a question"])
      #expect(run.code == code, "\(run.errors)")
      #expect(run.output.contains("<run><all>") && run.output.contains("<render><--chart><learning-rates>"))
      let gallery = scripts.repository + "/output/gallery"
      #expect(
        try FileManager.default.subpathsOfDirectory(atPath: gallery).sorted() == [
          "index.md", "residual", "residual/loss.png", "residual/manifest.json", "residual/report.md",
          "residual/summary.json",
        ])
    }
  }

  /// With names only these experiments run, and the results of the others stay.
  @Test func theGalleryOfNamedExperiments() throws {
    try withScripts { scripts in
      try writeResults(scripts, below: ".build/gallery/output")
      try FileManager.default.createDirectory(
        atPath: scripts.repository + "/output/gallery/plain", withIntermediateDirectories: true)
      try scripts.write("earlier", to: "the repository/output/gallery/plain/report.md")
      let run = try scripts.run(
        ".scripts/gallery", ["residual"], ["FAKE_TOOL": "0", "FAKE_LIST": "residual  a question"])
      #expect(run.code == 0, "\(run.errors)")
      #expect(
        run.output.contains("<run><residual>") && !run.output.contains("<run><all>") && !run.output.contains("<render>")
      )
      let gallery = scripts.repository + "/output/gallery"
      #expect(try String(contentsOfFile: gallery + "/plain/report.md", encoding: .utf8) == "earlier")
      #expect(try String(contentsOfFile: gallery + "/residual/report.md", encoding: .utf8) == "residual/report.md")
      #expect(!FileManager.default.fileExists(atPath: gallery + "/residual/older.png"))
    }
  }

  /// Results of one experiment, a picture of an earlier version among them, and an older gallery.
  private func writeResults(_ scripts: ScriptSandbox, below results: String = "output") throws {
    let hash = String(repeating: "0", count: 64)
    let manifest = """
      {
        "files" : {
          "loss.png" : "\(hash)",
          "plain/seed-0.rheo" : "\(hash)",
          "report.md" : "\(hash)",
          "summary.json" : "\(hash)"
        }
      }
      """
    for folder in ["\(results)/residual/plain", "output/gallery/residual"] {
      try FileManager.default.createDirectory(
        atPath: "\(scripts.repository)/\(folder)", withIntermediateDirectories: true)
    }
    try scripts.write(manifest, to: "the repository/\(results)/residual/manifest.json")
    for file in [
      "index.md", "residual/loss.png", "residual/report.md", "residual/summary.json", "residual/plain/seed-0.rheo",
      "residual/old.png",
    ] {
      try scripts.write(file, to: "the repository/\(results)/\(file)")
    }
    try scripts.write("older", to: "the repository/output/gallery/residual/older.png")
  }

  @Test func twentySeedsOfWhatHasSeeds() throws {
    try withScripts { scripts in
      let run = try scripts.run(".scripts/twenty-seeds", ["residual"], ["FAKE_TOOL": "0"])
      #expect(run.code == 0)
      #expect(run.output.contains("<run><residual><--out><.build/twenty-seeds/residual>"))
      #expect(
        run.output.hasSuffix("<tally><output/gallery/ten-thousand-layers><--out><output/gallery/twenty-seeds.md>"))
    }
  }

  private let root = repositoryRoot

  /// What README's commands and its programs write is ignored by git, so that `git status` stays clean after them.
  @Test func gitIgnoresWhatTheCommandsOfREADMEWrite() throws {
    let text = try String(contentsOfFile: root + "/README.md", encoding: .utf8)
    let written = writtenPaths(of: text)
    #expect(written.count > 5, "README has commands")
    try withTemporaryFolder { folder in
      func git(_ words: String...) throws -> String {
        let run = try ProcessRun("/usr/bin/git", ["-C", folder] + words, in: folder)
        #expect(run.code == 0, "\(run.errors)")
        return run.output
      }
      _ = try git("init", "--quiet")
      try FileManager.default.copyItem(atPath: root + "/.gitignore", toPath: folder + "/.gitignore")
      for path in written {
        let file = folder + "/" + path
        try FileManager.default.createDirectory(
          atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data().write(to: URL(filePath: file))
      }
      let status = try git("status", "--porcelain", "--untracked-files=all")
      #expect(status == "?? .gitignore\n")
      try Data().write(to: URL(filePath: folder + "/output/gallery.md"))
      try FileManager.default.createDirectory(atPath: folder + "/output/gallery/x", withIntermediateDirectories: true)
      try Data().write(to: URL(filePath: folder + "/output/gallery/x/report.md"))
      let withGallery = try git("status", "--porcelain", "--untracked-files=all")
      #expect(withGallery == "?? .gitignore\n?? output/gallery/x/report.md\n", "the gallery is not ignored")
    }
  }

  /// The files that commands of a page write. `new` is left out: it adds an experiment that its user keeps.
  private func writtenPaths(of page: String) -> [String] {
    var paths: [String] = []
    for match in page.matches(of: /\.\/rheoscope (run|render|tally|report)((?: [^`\n#]+)?)/) {
      let words = match.2.split(separator: " ").map(String.init)
      let out = words.firstIndex(of: "--out").map { words[$0 + 1] }
      switch match.1 {
      case "run":
        guard let name = words.first else { continue }
        let profile = ["--quick", "--full"].first(where: words.contains).map { "/" + $0.dropFirst(2) } ?? ""
        let folder = out ?? "output\(profile)" + (name == "all" ? "" : "/\(name)")
        paths += ["manifest.json", "index.md", "loss.png", "relu/seed-0.rheo"].map { "\(folder)/\($0)" }
      case "report":
        paths.append(out ?? "\(words[0])/report.html")
      case "render" where words.contains("--list"):
        continue
      default:
        let chart = words.firstIndex(of: "--chart").map { words[$0 + 1] } ?? "dashboard"
        // Without --out it stands beside the first run.
        let folder = words.first.map { ($0 as NSString).deletingLastPathComponent } ?? ""
        paths.append(out.map { $0.contains(".") ? $0 : "\($0)/\(chart).png" } ?? "\(folder)/\(chart).png")
      }
    }
    // Programs name their files in quotation marks.
    paths += page.matches(of: /(?:to|writingTo): "([^"]+)"/).map { String($0.1) }
    return paths
  }
}
