import Foundation
import TestSupport
import Testing

private let building = "rheoscope: building rheoscope (release) …; the first time takes minutes\n"
private let buildingAgain = "rheoscope: building rheoscope (release) …\n"

@Suite struct RheoscopeScriptTests {
  @Test func buildsOnceAndPassesEverythingThrough() throws {
    try withScripts { scripts in
      let words = ["run", "a b", "", "--out", "*", "$HOME"]
      let first = try scripts.run("rheoscope", words)
      #expect(first.code == 7)
      #expect(first.output == "in \(scripts.folder):\n<run><a b><><--out><*><$HOME>")
      #expect(first.errors == building)
      #expect(
        try scripts.calls() == ["swift build -c release --package-path \(scripts.repository) --product rheoscope"])

      let second = try scripts.run("rheoscope", words)
      #expect(second.output == first.output && second.code == 7 && second.errors == "")
      #expect(try scripts.calls() == [])
    }
  }

  @Test func worksThroughLinksFromAnywhere() throws {
    try withScripts { scripts in
      let elsewhere = scripts.folder + "/elsewhere"
      try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: elsewhere + "/link", withDestinationPath: "../the repository/rheoscope")
      let run = try scripts.run(elsewhere + "/link", ["list"], from: elsewhere)
      #expect(run.code == 7 && run.output == "in \(elsewhere):\n<list>")
    }
  }

  @Test func buildsAgainAfterAChange() throws {
    try withScripts { scripts in
      func isBuilt() throws -> Bool {
        _ = try scripts.run("rheoscope")
        return try scripts.calls().contains { $0.hasPrefix("swift build") }
      }
      #expect(try isBuilt())
      #expect(try !isBuilt())
      try scripts.write("changed", to: "the repository/Sources/Main.swift")
      #expect(try scripts.run("rheoscope").errors == buildingAgain, "a changed source")
      #expect(try scripts.calls().contains { $0.hasPrefix("swift build") })
      try scripts.write("new", to: "the repository/experiments/New.swift")
      #expect(try isBuilt(), "a new experiment")
      try scripts.remove("the repository/experiments/New.swift")
      #expect(try isBuilt(), "a removed file")
      try scripts.write("changed", to: "the repository/Package.swift")
      #expect(try isBuilt(), "a changed manifest")
      try scripts.remove("the repository/.build/release/rheoscope")
      #expect(try isBuilt(), "no tool")
      #expect(try !isBuilt())
    }
  }

  @Test func showsWhatTheCompilerSaid() throws {
    try withScripts { scripts in
      let run = try scripts.run("rheoscope", ["list"], ["FAKE_MISTAKE": "1"])
      #expect(run.code == 1 && run.output == "")
      #expect(
        run.errors == building + """
          Main.swift:1:1: error: a mistake
          rheoscope: the build failed; see the compiler's messages above

          """)
      #expect(try scripts.run("rheoscope").errors == building, "it is tried again")
    }
  }

  /// A mistake in one's own experiment stops only what needs experiments.
  @Test func commandsWithoutExperimentsUseTheLastGoodBuild() throws {
    try withScripts { scripts in
      _ = try scripts.run("rheoscope")
      try scripts.write("a mistake", to: "the repository/experiments/Mine.swift")
      for command in ["list", "diagnose", "render", "show", "check", "help"] {
        let run = try scripts.run("rheoscope", [command, "x"], ["FAKE_MISTAKE": "1"])
        #expect(run.code == 7 && run.output.hasSuffix("<\(command)><x>"))
        #expect(
          run.errors == buildingAgain + """
            Main.swift:1:1: error: a mistake
            rheoscope: the build failed, see above; using the last good build, without the latest changes

            """)
      }
      for command in ["run", "verify", "new"] {
        let run = try scripts.run("rheoscope", [command], ["FAKE_MISTAKE": "1"])
        #expect(run.code == 1 && run.errors.hasSuffix("the build failed; see the compiler's messages above\n"))
      }
    }
  }

  @Test(
    arguments: [
      ("6.2", nil, nil), ("7.0", nil, nil), ("6.1.2", nil, "this is Swift 6.1; install Swift 6.2 or later"),
      ("5.10", nil, "this is Swift 5.10; install Swift 6.2 or later"),
      (
        "6.3", "swift: error while loading shared libraries: libncurses.so.6: cannot open shared object file",
        "swift does not start, since libncurses is missing; install it: apt-get install libncurses6"
      ),
    ] as [(String, String?, String?)])
  func swiftIsCheckedBeforeAnythingIsInstalled(_ version: String, _ error: String?, _ says: String?) throws {
    try withScripts { scripts in
      try scripts.write("libpng-dev\n", to: "missing")
      let run = try scripts.run("rheoscope", [], ["FAKE_SWIFT": version, "FAKE_SWIFT_ERROR": error ?? ""])
      if let says {
        #expect(run.code == 1 && run.errors.hasPrefix("rheoscope: " + says), "\(run.errors)")
        #expect(try scripts.calls() == [])
      } else {
        #expect(run.code == 7)
      }
    }
  }

  @Test func startsAtOnceBuildOnce() throws {
    try withScripts { scripts in
      let start = "for start in 1 2 3; do '\(scripts.repository)/rheoscope' list & done; wait"
      let runs = try scripts.run(scripts.programs + "/bash", ["-c", start])
      #expect(runs.output.components(separatedBy: "<list>").count == 4, "all three have run")
      #expect(runs.errors == building)
      let calls = try scripts.calls()
      #expect(calls.count == 1)
    }
  }

  @Test func saysWhereSwiftIsMissing() throws {
    try withScripts { scripts in
      try scripts.remove("programs/swift")
      let run = try scripts.run("rheoscope")
      #expect(run.code == 1)
      #expect(
        run.errors
          == "rheoscope: there is no swift on the PATH; install Swift 6.2 or later from https://swift.org/install\n")
    }
  }
}

@Suite struct InstallationTests {
  private let installing = """
    rheoscope: installing with apt: libpng-dev (PNG files), dataset-fashion-mnist (images to learn from)

    """
  private let install = "install --yes --no-install-recommends libpng-dev dataset-fashion-mnist"
  private let options = "-qq -o DPkg::Lock::Timeout=600"

  private func withMissing(_ body: (ScriptSandbox) throws -> Void) throws {
    try withScripts { scripts in
      try scripts.write("libpng-dev\ndataset-fashion-mnist\n", to: "missing")
      try body(scripts)
    }
  }

  private func calls(_ scripts: ScriptSandbox) throws -> [String] {
    try scripts.calls().filter { !$0.hasPrefix("swift") }
  }

  @Test func installsWhatIsMissingAndSaysSo() throws {
    try withMissing { scripts in
      let run = try scripts.run("rheoscope")
      #expect(run.code == 7 && run.errors == installing + building)
      #expect(try calls(scripts) == ["apt-get \(options) \(install)"])
    }
  }

  @Test func usesSudoWhereItIsNeeded() throws {
    try withMissing { scripts in
      let run = try scripts.run("rheoscope", [], ["FAKE_USER": "1000"])
      #expect(run.code == 7)
      let apt = "apt-get \(options) \(install)"
      #expect(try calls(scripts) == ["sudo env DEBIAN_FRONTEND=noninteractive \(apt)", apt])
    }
  }

  @Test func fetchesListsWhereTheyAreMissing() throws {
    try withMissing { scripts in
      try scripts.remove("lists")
      let run = try scripts.run("rheoscope")
      #expect(run.code == 7 && run.errors == installing + building)
      #expect(
        try calls(scripts) == [
          "apt-get \(options) \(install)", "apt-get \(options) update", "apt-get \(options) \(install)",
        ])
    }
  }

  @Test func saysWhyInstallingFails() throws {
    try withMissing { scripts in
      try scripts.remove("lists")
      let run = try scripts.run("rheoscope", [], ["FAKE_OFFLINE": "1"])
      #expect(run.code == 1)
      #expect(
        run.errors == installing
          + "rheoscope: apt-get failed (E: Failed to fetch), so install by hand: libpng-dev dataset-fashion-mnist\n")
    }
  }

  @Test func saysWhereAptIsMissing() throws {
    try withMissing { scripts in
      try scripts.remove("programs/apt-get")
      let run = try scripts.run("rheoscope")
      #expect(run.code == 1)
      #expect(
        run.errors
          == "rheoscope: there is no apt-get here, so install by hand: libpng-dev dataset-fashion-mnist\n")
    }
  }

  @Test func saysWhereSudoIsMissing() throws {
    try withMissing { scripts in
      try scripts.remove("programs/sudo")
      let run = try scripts.run("rheoscope", [], ["FAKE_USER": "1000"])
      #expect(run.code == 1)
      #expect(
        run.errors == "rheoscope: installing needs root and there is no sudo, so run as root: "
          + "apt-get install libpng-dev dataset-fashion-mnist\n")
    }
  }
}

@Suite struct TestScriptTests {
  private func begin(_ scripts: ScriptSandbox) -> String {
    "test: building and running the tests (release); all output goes to \(scripts.repository)/.build/test.log\n"
  }

  @Test func testPrintsASummaryAndKeepsTheRest() throws {
    try withScripts { scripts in
      let run = try scripts.run("test", ["--filter", "a b"])
      #expect(run.code == 0)
      #expect(run.output == "✔ Test run with 3 tests passed\n")
      #expect(run.errors == begin(scripts))
      #expect(
        try scripts.calls() == [
          "swift test -c release --disable-xctest --disable-testable-imports --package-path \(scripts.repository) --filter a b"
        ])
      let log = try String(contentsOfFile: scripts.repository + "/.build/test.log", encoding: .utf8)
      #expect(log.contains("✔ Test first() passed after 0.001 seconds."))
    }
  }

  /// As in Debian's package of Swift 6.2.
  @Test func testGivesAnEmptyLibraryWhereTheToolchainLacksIt() throws {
    try withScripts { scripts in
      let folder = scripts.folder + "/libraries"
      try FileManager.default.createDirectory(atPath: folder + "/linux", withIntermediateDirectories: true)
      try scripts.write("", to: "libraries/linux/libTesting.so")
      #expect(try scripts.run("test", [], ["FAKE_LIBRARIES": folder]).code == 0)
      let place = scripts.repository + "/.build/empty-libraries"
      #expect(try scripts.calls().allSatisfy { $0.hasSuffix(" -Xlinker -L\(place)") })
      #expect(try String(contentsOfFile: place + "/lib_Testing_Foundation.a", encoding: .utf8) == "!<arch>\n")

      try scripts.write("", to: "libraries/linux/lib_Testing_Foundation.so")
      #expect(try scripts.run("test", [], ["FAKE_LIBRARIES": folder]).code == 0)
      #expect(try scripts.calls().allSatisfy { !$0.contains("-Xlinker") })
    }
  }

  @Test func testPrintsFailuresWithTheirMessages() throws {
    try withScripts { scripts in
      let run = try scripts.run("test", [], ["FAKE_TESTS": "3"])
      #expect(run.code == 3)
      #expect(
        run.output == """
          ✘ Test first() recorded an issue at First.swift:4:7: Expectation failed: (a → 1) == (b → 2)
          ↳ a comment
          ✘ Test run with 3 tests failed with 1 issue.

          """)
    }
  }

  @Test func testPrintsWhatTheCompilerOrACrashSaid() throws {
    try withScripts { scripts in
      let mistake = try scripts.run("test", [], ["FAKE_MISTAKE": "1"])
      #expect(mistake.code == 1 && mistake.output == "Main.swift:1:1: error: a mistake\n")
      let crash = try scripts.run("test", [], ["FAKE_TESTS": "1", "FAKE_CRASH": "1"])
      #expect(crash.code == 1)
      #expect(crash.output.hasSuffix("Fatal error: a stop\nerror: Exited with signal code 4\n"))
      #expect(crash.output.contains("Expectation failed: (a → 1) == (b → 2)"))
    }
  }

  @Test(arguments: [(0, 0, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)])
  func checkFailsIfAnyPartDoes(_ tests: Int, _ format: Int, _ experiments: Int, _ words: Int) throws {
    try withScripts { scripts in
      for part in ["imports", "messages", "symbols", "outside", "instructions", "diagnosis", "findings"] {
        try scripts.program("exit 0", at: "the repository/.ci/\(part)")
      }
      try scripts.program("exit \(words)", at: "the repository/.ci/words")
      let run = try scripts.run(
        ".ci/run", [],
        ["FAKE_TESTS": "\(tests)", "FAKE_FORMAT": "\(format)", "FAKE_TOOL": "\(experiments)"])
      #expect(run.code == (tests + format + experiments + words == 0 ? 0 : 1))
      #expect(run.output.contains("<run><all><--quick><--out><"))
      let parts = [
        ("tests", tests), ("experiments", experiments), ("findings", 0), ("diagnosis", 0), ("format", format),
        ("imports", 0),
        ("words", words),
        ("messages", 0), ("symbols", 0), ("outside", 0), ("instructions", 0),
      ]
      let summary = parts.map { "\($0): \($1 == 0 ? "passed" : "failed, see above")\n" }.joined()
      let count = tests == 0 ? "✔ Test run with 3 tests passed\n" : "✘ Test run with 3 tests failed with 1 issue.\n"
      #expect(run.output.hasSuffix("\n" + summary + count), "the number of tests comes last")
      #expect(
        try scripts.calls().last == "swift format lint --strict --recursive Sources experiments Package.swift")
    }
  }
}
