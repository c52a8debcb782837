import Diagnosis
import Experiments
import Foundation
import RunFile
import TestSupport
import Testing

/// `diagnose` and `predict` as commands.
@Suite struct DiagnoseTests {
  /// A run of the experiment `activations`, in which one of the nets does not learn.
  private func withRuns(_ body: (_ folder: String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let run = try runTool(
        words: ["run", "activations", "--depth", "20", "--width", "32", "--steps", "60", "--seeds", "1", "--out", "x"],
        in: folder)
      #expect(run.errors == "", "\(run.errors)")
      try body(folder)
    }
  }

  @Test func findingsDecideTheExitCodeOnlyIfAsked() throws {
    try withRuns { folder in
      let sick = "x/sigmoid/seed-0.rheo", sound = "x/selu/seed-0.rheo"
      #expect(try runTool("diagnose", sick, in: folder).code == 0)
      for severity in ["warning", "failure"] {
        let failing = try runTool("diagnose", sound, sick, "--fail-on", severity, in: folder)
        #expect(failing.code == 3 && failing.errors == "")
        #expect(try runTool("diagnose", sound, "--fail-on", severity, in: folder).code == 0)
      }
      // An error comes first.
      #expect(try runTool("diagnose", sick, "none.rheo", "--fail-on", "failure", in: folder).code == 1)
    }
  }

  @Test func aRuleAndAFormatCanBeChosen() throws {
    try withRuns { folder in
      let sick = "x/sigmoid/seed-0.rheo"
      let one = try runTool("diagnose", sick, "--rule", "vanishing-gradient", in: folder)
      #expect(one.output.contains("[vanishing gradient, ") && one.code == 0)
      let other = try runTool("diagnose", sick, "--rule", "overfitting", in: folder).output
      #expect(
        other.hasPrefix("\(sick): nothing wrong found\nnot checked: “overfitting”, which needs the validation loss"))
      let markdown = try runTool("diagnose", sick, "--markdown", in: folder).output
      #expect(markdown.hasPrefix("## \(sick)\n\n- **vanishing gradient, failure**: "))
      for words in [["--json", "--markdown"], ["--json", "--try"]] {
        #expect(try runTool(words: ["diagnose", sick] + words, in: folder).code == 2)
      }
    }
  }

  /// Runs of a variant that differ in their seed are reported together.
  @Test func seedsAreCounted() throws {
    try withTemporaryFolder { folder in
      let words = ["--depth", "20", "--width", "32", "--steps", "60", "--seeds", "2", "--out", "x"]
      _ = try runTool(words: ["run", "activations"] + words, in: folder)
      let runs = ["sigmoid", "selu"].flatMap { variant in (0..<2).map { "x/\(variant)/seed-\($0).rheo" } }
      let lines = try runTool(words: ["diagnose"] + runs, in: folder).output.split(separator: "\n")
      #expect(lines[0] == "activations · sigmoid, seeds 0, 1:")
      #expect(lines[1].hasPrefix("failure: ") && lines[1].hasSuffix(", step 0] in 2 of 2 seeds"))
      #expect(lines.contains("  see: ./rheoscope render \(runs[0]) --chart gradient-profile"), "\(lines)")
      let markdown = try runTool(words: ["diagnose", "--markdown"] + runs, in: folder).output
      #expect(markdown.hasPrefix("## activations · sigmoid, seeds 0, 1\n\n- **vanishing gradient, failure**: "))
      #expect(markdown.contains("\n  In 2 of 2 seeds  \n") && markdown.contains("\n\nNothing wrong found.\n"))
      // The report of the experiment has the same list.
      let list = try #require(markdown.components(separatedBy: "\n## ").first).dropFirst(
        "## activations · sigmoid, seeds 0, 1\n\n".count)
      let report = try String(contentsOfFile: folder + "/x/report.md", encoding: .utf8)
      #expect(report.contains("## Diagnosis\n\n"))
      #expect(report.contains("### sigmoid\n\n" + list.trimmingCharacters(in: .newlines) + "\n"), "\(report)")
      #expect(report.firstMatch(of: /\nNothing wrong found in .*selu.*\.\n\n## Figures/) != nil)
      #expect(lines.contains("activations · selu, seeds 0, 1: nothing wrong found"))
      // The same run twice is no second seed.
      let twice = try runTool("diagnose", runs[0], runs[0], in: folder).output
      #expect(twice.components(separatedBy: runs[0] + ":\n").count == 3)
    }
  }

  /// The remedy of sigmoids, ReLU, helps; a run that is no experiment's can't be trained again.
  @Test func remediesAreTried() throws {
    try withRuns { folder in
      let sick = "x/sigmoid/seed-0.rheo"
      let tried = try runTool("diagnose", sick, "--try", in: folder)
      let line = try #require(tried.output.split(separator: "\n").first { $0.hasPrefix("  tried: ") })
      let losses = try #require(
        line.firstMatch(of: /for 60 steps: final loss (2\.[0-9]+) before, ([0-9.]+) with it; it helps$/))
      #expect(Double(losses.1)! > 2.2 && Double(losses.2)! < 0.9 * Double(losses.1)!)
      #expect(line.contains("ReLU in place of other activations"))
      // The run itself is as it was.
      #expect(try runTool("check", sick, in: folder).code == 0)
      let writer = try RunWriter(path: folder + "/own.rheo")
      for step in 0..<40 {
        try writer.append(step: StepRow(step: step, loss: Double(step + 1), learningRate: 0.1, seconds: 0))
      }
      _ = try writer.finish()
      let own = try runTool("diagnose", "own.rheo", "--try", in: folder)
      #expect(own.code == 1)
      #expect(
        own.errors == "rheoscope: own.rheo: it is of no experiment of this program, so no remedy can be tried; "
          + "Remedy.apply(to:_:seed:) tries it in a training loop of your own\n",
        "\(own.errors)")
    }
  }

  /// A remedy that the training does not take is named with the reason, and the next finding's is tried.
  @Test func aRemedyThatCannotBeAppliedIsNoError() throws {
    try withRuns { folder in
      let path = "x/sigmoid/seed-0.rheo"
      // The experiment freezes nothing, so there is nothing to unfreeze; its inputs can be normalized.
      let file = try PlainSQL("\(folder)/\(path)")
      try file("UPDATE parameter SET frozen = 1")
      try file("UPDATE fact SET value = 90 WHERE subject = 'input' AND name = 'std'")
      let tried = try runTool("diagnose", path, "--try", in: folder)
      #expect(tried.code == 0 && tried.errors == "", "\(tried.errors)")
      let lines = tried.output.split(separator: "\n").map(String.init).filter { $0.hasPrefix("  tried: ") }
      let refusal =
        "  tried: no frozen parameters, against frozen parameters: it can't be applied to this training, since no parameter "
        + "with initialized values is frozen"
      let next = "  tried: inputs of mean 0 and standard deviation 1, against inputs not normalized, for 60 steps: "
      #expect(lines.count == 2 && lines[0] == refusal && lines[1].hasPrefix(next), "\(tried.output)")
      // Where none can be applied, there is nothing more to try.
      try file("UPDATE fact SET value = 1 WHERE subject = 'input' AND name = 'std'")
      let refused = try runTool("diagnose", path, "--try", in: folder)
      #expect(refused.code == 0 && refused.errors == "", "\(refused.errors)")
      #expect(refused.output.components(separatedBy: "  tried: ").count == 2, "\(refused.output)")
    }
  }

  /// What `see:` says is a command that works, and what it draws is marked.
  @Test func evidenceIsDrawn() throws {
    try withRuns { folder in
      let sick = "x/sigmoid/seed-0.rheo"
      let words = try runTool("diagnose", sick, in: folder).output.split(separator: "\n")
        .first { $0.hasPrefix("  see: ./rheoscope ") }?.split(separator: " ").dropFirst(2).map(String.init)
      let drawn = try runTool(words: try #require(words) + ["--out", "a.svg"], in: folder)
      #expect(drawn.code == 0 && drawn.output == "wrote a.svg\n" && drawn.errors == "")
      for chart in ["loss", "gradient-flow", "dashboard"] {
        let marked = try runTool("render", sick, "--chart", chart, "--findings", "--out", "b.svg", in: folder)
        #expect(marked.code == 0 && marked.errors == "")
        let svg = try String(contentsOfFile: folder + "/b.svg", encoding: .utf8)
        #expect(svg.contains("Marked: vanishing gradient at step 0"))
        _ = try runTool("render", sick, "--chart", chart, "--out", "b.svg", in: folder)
        #expect(try !String(contentsOfFile: folder + "/b.svg", encoding: .utf8).contains("vanishing"))
      }
      let profile = try runTool(
        "render", sick, "--chart", "gradient-profile", "--findings", "--out", "b.svg", in: folder)
      #expect(profile.errors.contains("gradient-profile has no axis of steps, so --findings marks nothing there"))
    }
  }

  @Test func rulesAreExplained() throws {
    let one = try runTool("diagnose", "--explain", "vanishing-gradient")
    #expect(one.code == 0 && one.errors == "")
    #expect(one.output.hasPrefix("vanishing gradient\n  Compares the gradient at the first layer"))
    #expect(
      one.output.contains("\n  limits: gradient at the first layer over that at the last: below 0.001×\n          "))
    #expect(one.output.contains("\n  source: Hochreiter 1991; "))
    #expect(one.output.firstMatch(of: /\n  named in [0-9]+ of [0-9]+ faulty runs: [0-9]+ % \([0-9]+–[0-9]+\)/) != nil)
    #expect(one.output.firstMatch(of: /\n  [0-9]+ false alarms? in [0-9]+ healthy runs: [0-9.]+ % \(/) != nil)
    #expect(
      one.output.firstMatch(of: /\n  right in [0-9]+ of [0-9]+ runs in which it was the first finding: [0-9]/) != nil)
    #expect(
      one.output.firstMatch(
        of: /\n  first remedy closed at least half of the gap in [0-9]+ of [0-9]+ programs tried: [0-9]+ % \(/) != nil)
    let untried = try runTool("diagnose", "--explain", "gradient-noise-too-high").output
    #expect(untried.contains("\n  first remedy not tried in the benchmark\n"))
    #expect(untried.contains("\n  not measured on faulty runs: no fault of the benchmark is this rule's\n"))
    let before = try runTool("diagnose", "--explain", "first-loss").output
    #expect(before.contains("\n  not measured: the benchmark judges trainings") && !before.contains("named in"))
    let all = try runTool("diagnose", "--explain", "all").output.split(separator: "\n")
    // The head, the rules with two that are applied before training alone, and three lines on the benchmark.
    #expect(all.count == [any Rule].all.count + 6 && all[0].hasPrefix("rule "), "\(all.count)")
    for rule in [any Rule].all {
      let word = rule.name.replacing(" ", with: "-")
      #expect(all.contains { $0.hasPrefix(word + " ") }, "\(word)")
    }
  }

  @Test func predictionsAgreeWithTheory() throws {
    let run = try runTool("predict", "activations", "--depth", "20")
    #expect(run.code == 0 && run.errors == "")
    let lines = run.output.split(separator: "\n")
    let sigmoid = try #require(lines.first { $0.hasPrefix("sigmoid ") }).split(separator: " ").map(String.init)
    #expect(abs(Double(sigmoid[1])! / Double(sigmoid[2])! - 1) < 0.05, "\(sigmoid)")
    #expect(sigmoid[3...5] == ["5", "of", "20"])
    #expect(run.output.contains("\nsigmoid:\nfailure: the gradient is multiplied by 0.2"))
    #expect(!run.output.contains("\nrelu:"))
    let none = try runTool("predict", "chain-rule")
    #expect(
      none.code == 1 && none.errors.hasPrefix("rheoscope: chain-rule: its trials have training loops of their own"))
    #expect(try runTool("predict").code == 2)
    #expect(try runTool("predict", "activations", "--steps", "3").code == 2)
  }
}
