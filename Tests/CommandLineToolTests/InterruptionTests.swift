import Foundation
import RunFile
import TestSupport
import Testing

/// Signals, closed pipes and full disks.
@Suite struct InterruptionTests {
  /// Runs a line of bash in a folder, with the tool as $TOOL.
  private func bash(_ line: String, in folder: String) throws -> ProcessRun {
    var environment = ProcessInfo.processInfo.environment
    environment["TOOL"] = builtProgram("rheoscope")
    return try ProcessRun("/bin/bash", ["-c", "set -o pipefail; " + line], in: folder, environment: environment)
  }

  private let long = "run residual --depth 4 --width 8 --batch 16 --steps 100000 --seeds 1 --jobs 2 --out x"
  private let short = "run residual --depth 4 --width 8 --batch 16 --steps 6 --seeds 1 --out x"

  @Test(arguments: [("INT", 130), ("TERM", 143), ("HUP", 129)] as [(String, Int32)])
  func aSignalKeepsWhatWasRecorded(_ signal: String, _ code: Int32) throws {
    try withTemporaryFolder { folder in
      #expect(try bash("$TOOL \(short)", in: folder).code == 0)
      let before = try String(contentsOfFile: folder + "/x/manifest.json", encoding: .utf8)
      // It is interrupted when it has recorded steps of two trials.
      let run = try bash(
        """
        set +m; (trap - INT TERM HUP; exec $TOOL \(long)) & pid=$!
        for _ in {1..300}; do
          sleep 0.1
          [ $(ls x/.unfinished-*/new/*/*.rheo 2>/dev/null | wc -l) -ge 2 ] && break
        done
        sleep 0.6; python3 -c 'import os,sys,signal; os.kill(int(sys.argv[1]), signal.SIG\(signal))' $pid; wait $pid
        """, in: folder)
      #expect(run.code == code, "\(run.errors)")
      #expect(
        try #require(
          run.errors.firstMatch(
            of: /interrupted after step ([0-9]+); what was recorded is in x\/interrupted\n/
          )
        ).1
          != "0")
      #expect(run.errors.hasSuffix("\nrheoscope: the same command with --resume goes on with this run\n"))
      #expect(try String(contentsOfFile: folder + "/x/manifest.json", encoding: .utf8) == before)
      let kept = try FileManager.default.subpathsOfDirectory(atPath: folder + "/x/interrupted").filter {
        $0.hasSuffix(".rheo")
      }
      #expect(kept.count == 2)
      for file in kept {
        let run = try Run(path: "\(folder)/x/interrupted/\(file)")
        #expect(run.steps.count > 1 && !run.isFinished)
        #expect(run.steps.map(\.step) == Array(0..<run.steps.count))
      }
      let again = try bash("$TOOL \(short)", in: folder)
      #expect(again.code == 0 && again.errors == "")
      #expect(
        try FileManager.default.subpathsOfDirectory(atPath: folder + "/x").filter { $0.hasPrefix("interrupted/") }.count
          >= 2)
    }
  }

  @Test func aClosedPipeDoesNotEndTraining() throws {
    try withTemporaryFolder { folder in
      let run = try bash("$TOOL \(short) | true", in: folder)
      #expect(run.code == 0 && run.errors == "")
      #expect(FileManager.default.fileExists(atPath: folder + "/x/manifest.json"))
    }
  }

  @Test func aClosedPipeEndsPrintingWithoutAnError() throws {
    let run = try bash("$TOOL list | true", in: NSTemporaryDirectory())
    #expect(run.code == 0 && run.errors == "")
  }

  @Test(arguments: [("/dev/full", "no space left on device"), ("&-", "bad file descriptor")])
  func outputThatCannotBeWrittenIsAnError(_ target: String, _ reason: String) throws {
    try withTemporaryFolder { folder in
      for command in ["list", "--help", short] {
        let run = try bash("$TOOL \(command) >\(target)", in: folder)
        #expect(run.code == 1, "\(command)")
        #expect(run.errors == "rheoscope: standard output: can't write there (\(reason))\n")
      }
      #expect(FileManager.default.fileExists(atPath: folder + "/x/manifest.json"), "the results are complete")
    }
  }

  /// The list of experiments is written whole or not at all, and the error names the file that could not be written.
  @Test func aFullDiskLeavesExperimentsAsTheyWere() throws {
    try withTemporaryFolder { folder in
      let list = folder + "/experiments/AllExperiments.swift"
      try FileManager.default.createDirectory(atPath: folder + "/experiments", withIntermediateDirectories: true)
      let text = "let all = [\n    .a,\n  ]\n" + String(repeating: "// a long list\n", count: 2_000)
      try Data(text.utf8).write(to: URL(filePath: list))
      let run = try bash("ulimit -f 20; trap '' XFSZ; $TOOL new my-test", in: folder)
      #expect(run.code == 1)
      #expect(
        run.errors
          == "rheoscope: experiments/AllExperiments.swift: can't write there (the file is larger than allowed)\n")
      #expect(try String(contentsOfFile: list, encoding: .utf8) == text)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/experiments") == ["AllExperiments.swift"])
    }
  }

  @Test func aFailedRunKeepsWhatItRecorded() throws {
    try withTemporaryFolder { folder in
      // Files may have at most 1 MB.
      let run = try bash("ulimit -f 1000; trap '' XFSZ; $TOOL \(long)", in: folder)
      #expect(run.code == 1)
      #expect(run.errors.contains("what was recorded is in x/interrupted"), "\(run.errors)")
      let kept = try FileManager.default.subpathsOfDirectory(atPath: folder + "/x/interrupted").filter {
        $0.hasSuffix(".rheo")
      }
      #expect(!kept.isEmpty)
    }
  }
}

/// `run --resume` at the command line.
@Suite struct ResumeCommandTests {
  private let words = ["run", "vanishing-product", "--depth", "5", "--out", "x"]

  @Test func completeResultsAreKept() throws {
    try withTemporaryFolder { folder in
      let none = try runTool(words: words + ["--resume"], in: folder)
      #expect(none.code == 1)
      #expect(none.errors == "rheoscope: x: no interrupted run is there; run from the beginning instead\n")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
      #expect(try runTool(words: words, in: folder).code == 0)
      let before = try Data(contentsOf: URL(filePath: folder + "/x/manifest.json"))
      let again = try runTool(words: words + ["--resume"], in: folder)
      #expect(again.code == 0 && again.errors == "")
      #expect(again.output == "complete results of this run are in x/\n")
      #expect(try Data(contentsOf: URL(filePath: folder + "/x/manifest.json")) == before)
      let other = try runTool(words: words + ["--resume", "--width", "3"], in: folder)
      #expect(other.code == 1 && other.errors == none.errors)
    }
  }

  private let long =
    "run residual --depth 4 --width 8 --batch 16 --steps 400 --seeds 1 --jobs 1 --checkpoint 20 --out x"

  /// Runs a line of bash in a folder, with the tool as $TOOL.
  private func bash(_ line: String, in folder: String) throws -> ProcessRun {
    var environment = ProcessInfo.processInfo.environment
    environment["TOOL"] = builtProgram("rheoscope")
    return try ProcessRun("/bin/bash", ["-c", line], in: folder, environment: environment)
  }

  /// Starts `long`, and ends it when it has a checkpoint.
  private func interrupt(in folder: String) throws {
    let run = try bash(
      """
      set +m; (trap - INT; exec $TOOL \(long)) & pid=$!
      for _ in {1..300}; do sleep 0.05; ls x/.unfinished-*/new/*/*.checkpoint >/dev/null 2>&1 && break; done
      python3 -c 'import os,sys,signal; os.kill(int(sys.argv[1]), signal.SIGINT)' $pid; wait $pid
      """, in: folder)
    #expect(run.code == 130, "\(run.errors)")
  }

  private func trial(in folder: String) throws -> String {
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder + "/x").filter { $0.hasSuffix(".rheo") }
    return try #require(files.sorted().first { !$0.hasPrefix("interrupted/") })
  }

  /// Of two processes that resume one run at once, one goes on with it, and the other says that there is nothing to resume.
  @Test func oneOfTwoProcessesResumes() throws {
    try withTemporaryFolder { folder in
      try interrupt(in: folder)
      let both = try bash(
        """
        $TOOL \(long) --resume >a.out 2>a.err & first=$!
        $TOOL \(long) --resume >b.out 2>b.err & second=$!
        wait $first; echo $?; wait $second; echo $?
        """, in: folder)
      let codes = both.output.split(separator: "\n").compactMap { Int($0) }
      let errors = try ["a", "b"].map { try String(contentsOfFile: "\(folder)/\($0).err", encoding: .utf8) }
      #expect(codes.contains(0), "\(errors)")
      for (code, error) in zip(codes, errors) where code != 0 {
        // It came too late, or while the other one took the run over.
        let isLate = error.hasPrefix("rheoscope: x: "),
          isSame = error.contains("another process has just gone on with it")
        #expect(code == 1 && (isLate || isSame), "\(error)")
        #expect(error.split(separator: "\n").count == 1, "\(error)")
      }
      let run = try Run(path: "\(folder)/x/\(try trial(in: folder))")
      #expect(run.isFinished && run.steps.map(\.step) == Array(0..<400))
    }
  }

  /// A signal in the first milliseconds of `--resume`, before, while and after the interrupted run is taken over.
  @Test func aSignalWhileResumingBeginsLosesNothing() throws {
    try withTemporaryFolder { folder in
      try interrupt(in: folder)
      for milliseconds in [0, 5, 10, 15, 20, 30, 40, 60, 80] {
        let run = try bash(
          """
          set +m; (trap - TERM; exec $TOOL \(long) --resume) & pid=$!
          python3 -c 'import os,sys,signal,time; time.sleep(\(milliseconds) / 1000); os.kill(int(sys.argv[1]), 15)' $pid
          wait $pid
          """, in: folder)
        #expect(run.code == 143, "\(milliseconds): \(run.errors)")
        #expect(FileManager.default.fileExists(atPath: folder + "/x/interrupted"), "\(milliseconds): \(run.errors)")
      }
      #expect(try bash("$TOOL \(long) --resume", in: folder).code == 0)
      let resumed = "\(folder)/x/\(try trial(in: folder))"
      try withTemporaryFolder { other in
        #expect(try bash("$TOOL \(long)", in: other).code == 0)
        let whole = "\(other)/x/\(try trial(in: other))"
        #expect(try RunComparison.differences(between: whole, and: resumed) == [])
      }
    }
  }
}
