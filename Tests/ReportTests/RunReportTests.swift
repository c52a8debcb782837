import Charts
import Foundation
import Report
import RunFile
import TestSupport
import Testing

/// Pages about runs. Tests/ReportPage checks them in a browser.
@Suite struct RunReportTests {
  /// Writes a run of three layers; its gradients vanish, and its loss stays, where `vanishes` is true.
  private func run(
    _ path: String, _ meta: [MetaKey: String] = [:], sites: [String] = ["a", "b", "c"], losses: [Double]? = nil,
    steps: Int = 40
  ) throws -> Run {
    let writer = try RunWriter(path: path, meta: meta)
    try writer.define(
      sites: sites.enumerated().map {
        Site(id: $0, module: $1, kind: .linear, depth: $0 + 1, isLayer: true, shape: [4, 4])
      })
    for step in 0..<steps {
      let rows = sites.indices.map { site in
        var row = LayerRow(step: step, site: site)
        row[.gradientRMS] = step == 7 && site == 1 ? .nan : pow(10, Double(site) - 4) / Double(step + 1)
        row[.activationRMS] = 1
        return row
      }
      try writer.append(
        step: StepRow(
          step: step, loss: losses?[step] ?? 2 / Double(step + 1), learningRate: 0.1, seconds: Double(step)),
        layers: rows)
    }
    _ = try writer.finish()
    return try Run(path: path)
  }

  private func page(_ runs: [Run]) throws -> String { try RunReport(of: runs, command: "./rheoscope report x").html() }

  /// The JSON that the script reads.
  private func data(_ page: String) throws -> [String: Any] {
    let rest = page.components(separatedBy: "id=\"data\">")[1]
    let json = rest.components(separatedBy: "</script>")[0]
    return try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
  }

  @Test func seedsOfAVariantAreOneColumn() throws {
    try withTemporaryFolder { folder in
      let runs = try [("plain", 0), ("plain", 1), ("deep", 0)].map { variant, seed in
        try run(
          "\(folder)/\(variant)-\(seed).rheo",
          [.experiment: "e", .variant: variant, .seed: "\(seed)", .width: variant == "deep" ? "9" : "8", .batch: "64"],
          losses: (0..<40).map { 3 / Double($0 + 1) + Double(seed) })
      }
      let html = try page(runs)
      #expect(html.contains("<th scope=\"col\">plain</th><th scope=\"col\">deep</th>"))
      #expect(html.contains("<td>0, 1</td><td>0</td>"))
      #expect(html.contains("width <span class=\"differs\">differs</span></th><td>8</td><td>9</td>"))
      #expect(html.contains(">batch</th><td>64</td><td>64</td>"))
      let data = try data(html), lines = try #require(data["runs"] as? [[String: Any]])
      #expect(lines.map { $0["name"] as? String } == ["plain, seed 0", "plain, seed 1", "deep"])
      #expect((lines[1]["losses"] as? [Double])?.first == 4)
    }
  }

  @Test func textFromFilesIsText() throws {
    let hostile = "</script><script>alert(1)</script>\"'&\u{202E}\u{1B}[2J" + String(repeating: "long", count: 2_500)
    try withTemporaryFolder { folder in
      let html = try page([
        try run(
          folder + "/a.rheo",
          [.experiment: hostile, .variant: hostile, .command: hostile, .data: hostile, "own <b>key</b>": hostile],
          sites: [hostile, "b", "c"])
      ])
      #expect(!html.contains("<script>alert") && !html.contains("<b>key") && !html.contains("\u{202E}"))
      #expect(html.components(separatedBy: "</script>").count == 3, "the data's and the script's")
      let contents = try data(html), layers = try #require(contents["layers"] as? [[String: Any]])
      #expect((layers[0]["paths"] as? [String])?[0] == hostile, "the script gets it as it is, and shows it as text")
    }
  }

  /// The script's numbers, read as it reads them.
  @Test func numbersOfLayersAreWithinAFifthOfAPercent() throws {
    try withTemporaryFolder { folder in
      let run = try run(folder + "/a.rheo")
      let contents = try data(try page([run])), layers = try #require(contents["layers"] as? [[String: Any]])
      let quantities = try #require(layers[0]["quantities"] as? [[String: String]])
      let gradient = try #require(quantities.first { $0["name"] == "gradient_rms" })
      let bytes = try #require(Data(base64Encoded: gradient["codes"] ?? ""))
      let matrix = try run.layers(.gradientRMS)
      for site in 0..<3 {
        for step in 0..<40 {
          let at = 2 * (40 * site + step), code = Int(bytes[at]) + 256 * Int(bytes[at + 1])
          let value = try #require(matrix[site, step])
          if value.isNaN {
            #expect(code == 2)
          } else {
            #expect(abs(pow(2, Double(code - 32768) / 200) / value - 1) < 0.002)
          }
        }
      }
    }
  }

  @Test func aSpikeOfOneStepIsKept() throws {
    try withTemporaryFolder { folder in
      var losses = (0..<20_000).map { 2 + 0.1 * sin(Double($0)) }
      losses[12_345] = 2_000
      losses[17_001] = .nan
      let run = try run(folder + "/a.rheo", losses: losses, steps: 20_000)
      let html = try page([run])
      let line = try #require((try data(html)["runs"] as? [[String: Any]])?[0]),
        steps = try #require(line["steps"] as? [Int])
      let values = try #require(line["losses"] as? [Any])
      #expect(steps.count < 1_600 && steps.first == 0 && steps.last == 19_999 && steps == steps.sorted())
      let spike = try #require(steps.firstIndex(of: 12_345)), broken = try #require(steps.firstIndex(of: 17_001))
      #expect(values[spike] as? Double == 2_000 && values[broken] as? String == "NaN")
      #expect(html.utf8.count < 2_000_000)
    }
  }

  @Test func thereMustBeAStep() throws {
    try withTemporaryFolder { folder in
      let empty = try run(folder + "/a.rheo", steps: 0)
      for (runs, message) in [
        ([], "there is no run to report"),
        (
          [empty], "\(folder)/a.rheo: no step is recorded there; call recorder.step(loss:) behind each step of training"
        ),
      ] as [([Run], String)] {
        let error = #expect(throws: ReportError.self) { try RunReport(of: runs) }
        #expect(error?.description == message)
      }
      // One without steps beside another is listed.
      #expect(try page([empty, try run(folder + "/b.rheo")]).contains("<td>0</td><td>40</td>"))
      let there = #expect(throws: ReportError.self) {
        try RunReport(of: try run(folder + "/c.rheo")).write(to: folder + "/a.rheo/x.html")
      }
      #expect(there?.description.hasPrefix("\(folder)/a.rheo/x.html: can't write there (") == true)
    }
  }
}
