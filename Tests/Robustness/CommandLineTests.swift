import CommandLineTool
import Foundation
import TestSupport
import Testing

/// Random command lines, from a grammar of commands, flags, values and files of all kinds.
@Suite struct CommandLineTests {
  private static let commands = [
    "list", "run", "verify", "tally", "new", "render", "show", "diagnose", "predict", "check", "help", "rnu", "",
    "--help",
    "--version", "-x", "all",
  ]
  private static let operands = [
    "a.rheo", "b.rheo", "none.rheo", "text.rheo", "empty.rheo", "folder", "folder/", "results", "", "-", "--", ".", "/",
    "/dev/null", "link.rheo", "chain-rule", "vanishing-product", "resdual", "my-net", "*", "a b", "ä", "\u{202E}txt",
    "\u{1B}[31m",
    String(repeating: "x", count: 300), "a.rheo/b", "loss", "run",
  ]
  private static let flags = [
    "--chart", "--out", "--format", "--theme", "--scale", "--width", "--height", "--smooth", "--steps", "--layers",
    "--title", "--measure", "--scalar", "--list", "--quick", "--full", "--settings", "--jobs", "--threads", "--data",
    "--help",
    "--resume", "--checkpoint", "--json", "--depth", "--seeds", "--nonsense", "-h", "--", "--=", "---",
  ]
  private static let values = [
    "0", "1", "2", "-1", "1.5", "1e308", "1e999", "nan", "inf", "NaN", "99999999999999999999", "0x10", "", " ", "abc",
    "loss",
    "dashboard", "all", "png", "svg", "pdf", "gif", "dark", "light", "x.png", "x.svg", "x.pdf", "x.md", "x.gif",
    "no/such/x.png",
    "folder", "a.rheo/x.png", "1:2", ":", "5:", ":5", "9:1", "a:b", "**", "*", "layers.*", "800px", "400pt", "0px",
    "-3px", "10pt",
    "1e6", "settings.json", "text.rheo", "none.json", "effective_rank", "val/loss", "\u{202E}", "\n", "é",
  ]

  private func words(_ random: inout Generator) -> [String] {
    var words = [random.choice(Self.commands)]
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      if random.happens(0.4) {
        words.append(random.choice(Self.operands))
      } else {
        let flag = random.choice(Self.flags)
        if random.happens(0.2) {
          words.append("\(flag)=\(random.choice(Self.values))")
        } else {
          words.append(flag)
          if random.happens(0.8) { words.append(random.choice(Self.values)) }
        }
      }
    }
    return words
  }

  /// The answer to any words is one line, or none.
  @Test func wordsAreCheckedInOneLine() {
    var random = Generator(seed: 1), wrong = 0
    let count = cases(2_000, full: 100_000)
    for _ in 0..<count {
      let words = words(&random)
      guard let problem = Tool().problem(ofWords: words) else { continue }
      wrong += 1
      #expect(!problem.isEmpty && !problem.contains("\n"), "\(words): \(problem)")
    }
    #expect(wrong > count / 2 && wrong < count)
  }

  @Test func commandsEndWithAnExitCodeAndAMessage() throws {
    try withTemporaryFolder { folder in
      try writeFiles(folder)
      var random = Generator(seed: 2), codes: Set<Int32> = []
      for _ in 0..<cases(120, full: 5_000) {
        let words = words(&random)
        // Experiments that train for long are not what is tested here.
        if words.first == "run", !words.contains("chain-rule") || words.contains("all") { continue }
        let end = try LaunchedProgram(words, in: folder).end()
        #expect(end.problem == nil, "\(words): \(end.errors.prefix(500))")
        if let code = end.code { codes.insert(code) }
      }
      #expect(codes == [0, 1, 2])
      #expect(!isFull || peakMemory() < 2 << 30)
    }
  }

  private func writeFiles(_ folder: String) throws {
    let files = FileManager.default
    try files.createDirectory(atPath: folder + "/folder", withIntermediateDirectories: true)
    try files.createDirectory(atPath: folder + "/results", withIntermediateDirectories: true)
    try files.createDirectory(atPath: folder + "/experiments", withIntermediateDirectories: true)
    for name in ["a", "b"] { try writeRun("\(folder)/\(name).rheo", seed: name) }
    for (name, text) in [
      ("text.rheo", "not a run file"), ("empty.rheo", ""), ("settings.json", "{\"depth\": 3}"),
      ("results/manifest.json", "{}"), ("experiments/AllExperiments.swift", "let all = [\n    .a,\n  ]\n"),
    ] { try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)")) }
    try files.createSymbolicLink(atPath: folder + "/link.rheo", withDestinationPath: "nowhere")
  }
}
