import ExperimentHarness
import Foundation
import TestSupport
import Testing

/// `manifest.json` and `summary.json` are read by people too, who may edit them. Whatever they write, the answer is a result or an error
/// that names the file.
@Suite struct EditedRecordTests {
  private static let net = Variant("net", "a net") { context in
    context.report("sum", Double(context.settings.whole("terms")) + context.settings["factor"] + Double(context.seed))
  }

  private let experiment = Experiment(
    name: "sums", question: "What?",
    settings: [
      .whole("terms", 3, in: 1...10, "terms"), .number("factor", 1, in: 0...9, "base"), .learningRate(0.1), .seeds(3),
    ],
    variants: [net], claims: [Claim(.finding, "the sum is 4", net, "sum", .between(4, 7), source: "arithmetic")],
    disagreements: [
      Disagreement(with: Claim(.finding, "it is 0", net, "sum", .exactly(0), source: "a book"), reason: "It is not.")
    ],
    figures: [])

  private func results(in folder: String) throws {
    try experiment.run(
      experiment.settings(in: .standard), RunOptions(output: folder, command: ""), console: Console(isQuiet: true))
  }

  /// The results of `verify` and `tally`; nil where both throw an error that names a file of the folder.
  private func use(_ folder: String) throws -> String? {
    do {
      let summary = try ClaimSummary(ofResultsIn: [folder], of: [experiment], command: "").page
      return try summary
        + Verification(ofResultsIn: folder, of: [experiment], console: Console(isQuiet: true)).differences.joined()
    } catch let error as ExperimentError {
      #expect("\(error)".hasPrefix(folder), "\(error)")
      return nil
    }
  }

  private static let values = [
    "-1", "0", "1.5", "2", "99999", "1000000", "1e308", "-1e308", "1e-320", "9223372036854775807",
    "9223372036854775808",
    "\"NaN\"", "\"Infinity\"", "\"\"", "\"../../x\"", "null", "true", "[]", "{}", "[1,2]",
  ]

  @Test(arguments: ["manifest.json", "summary.json"]) func everyValueMayBeAnyOther(_ file: String) throws {
    try withTemporaryFolder { folder in
      try results(in: folder)
      let path = "\(folder)/\(file)", text = try String(contentsOfFile: path, encoding: .utf8)
      #expect(try use(folder) != nil)
      // Numbers and strings that stand behind a colon, a comma or a bracket.
      let places = text.matches(of: /(?:: |[\[,]\n +)("(?:[^"\\]|\\.)*"|-?[0-9.e+-]+)(?! :)/).map { match in
        match.1.startIndex..<match.1.endIndex
      }
      #expect(places.count > 15)
      var accepted = 0, refused = 0
      for place in places {
        for value in Self.values {
          try Data(text.replacingCharacters(in: place, with: value).utf8).write(to: URL(filePath: path))
          if try use(folder) == nil { refused += 1 } else { accepted += 1 }
        }
      }
      #expect(refused > places.count * 5 && accepted > 0, "\(refused) refused, \(accepted) accepted")
    }
  }

  @Test(
    arguments: [
      ("\"terms\" : 3", "\"terms\" : 0", "settings.terms is 0.0, not a whole number from 1 to 10"),
      ("\"terms\" : 3", "\"terms\" : 1.5", "settings.terms is 1.5, not a whole number from 1 to 10"),
      ("\"factor\" : 1", "\"factor\" : \"NaN\"", "settings.factor is nan, not a number from 0.0 to 9.0"),
      (
        "\"learning-rate\" : 0.1", "\"learning-rate\" : -1",
        "settings.learning-rate is -1.0, not a number above 0, at most 1000"
      ),
      ("\"threads\" : 1", "\"threads\" : 1000000", "threads is 1000000, not a whole number from 1 to 1024"),
      ("\"seeds\" : 3", "\"seeds\" : 9", "its settings are not those of manifest.json"),
      ("\"report.md\" :", "\"../report.md\" :", "files names “../report.md”, not a path inside the folder"),
    ])
  func theErrorSaysWhatWouldBeRight(_ old: String, _ new: String, _ says: String) throws {
    try withTemporaryFolder { folder in
      try results(in: folder)
      let path = folder + "/manifest.json", text = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text.contains(old), "\(text)")
      try Data(text.replacing(old, with: new).utf8).write(to: URL(filePath: path))
      // Settings are the same in both files, or the difference would be found first.
      if old.contains("terms") || old.contains("factor") || old.contains("learning") {
        let other = folder + "/summary.json"
        let same = try String(contentsOfFile: other, encoding: .utf8).replacing(old, with: new)
        try Data(same.utf8).write(to: URL(filePath: other))
      }
      let error = #expect(throws: ExperimentError.self) {
        try Verification(ofResultsIn: folder, of: [experiment], console: Console(isQuiet: true))
      }
      #expect(error?.description.contains(says) == true, "\(error.map { "\($0)" } ?? "no error")")
    }
  }
}
