import ExperimentHarness
import Foundation
import TestSupport
import Testing

/// The tool in other environments: locales, no home, no terminal type, closed streams, narrow and wide terminals, folders without write
/// permission.
@Suite struct EnvironmentTests {
  private let tool = builtProgram("rheoscope")

  /// A Turkish locale, where “I” in small letters is not “i” and a comma stands in numbers. Nil where the system can't make it.
  private static func turkish(in folder: String) throws -> [String: String]? {
    guard FileManager.default.fileExists(atPath: "/usr/share/i18n/locales/tr_TR") else { return nil }
    let made = try ProcessRun(
      "/usr/bin/localedef", ["-i", "tr_TR", "-f", "UTF-8", folder + "/tr_TR.UTF-8"], in: folder)
    return made.code == 0 ? ["LOCPATH": folder, "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"] : nil
  }

  private static let hasLocales = FileManager.default.fileExists(atPath: "/usr/share/i18n/locales/tr_TR")

  private let bare: [[String: String]] = [
    [:], ["TERM": "dumb", "PATH": "/usr/bin"], ["LC_ALL": "de_DE.UTF-8", "LANG": "ar_EG.UTF-8", "TZ": "Asia/Tokyo"],
    ["LC_ALL": "C"], ["HOME": "/nowhere", "TERM": "unknown"],
  ]

  private let printing = [
    "show a.rheo", "show a.rheo --chart loss", "diagnose a.rheo", "diagnose a.rheo --json", "check a.rheo", "list",
    "help",
    "render --list a.rheo", "show nothing.rheo", "diagnoSe",
  ]

  private func run(_ words: String, in folder: String, _ environment: [String: String]? = nil) throws -> ProcessRun {
    try ProcessRun(tool, words.split(separator: " ").map(String.init), in: folder, environment: environment)
  }

  @Test func outputDoesNotDependOnTheEnvironment() throws {
    try withTemporaryFolder { folder in
      try writeSmallRun(folder + "/a.rheo")
      for words in printing {
        let here = try run(words, in: folder)
        #expect((here.output + here.errors).count > 5)
        for environment in bare + [try Self.turkish(in: folder)].compactMap({ $0 }) {
          let there = try run(words, in: folder, environment)
          #expect(
            there.output == here.output && there.errors == here.errors && there.code == here.code,
            "\(words) with \(environment)")
        }
      }
    }
  }

  /// Neither locale nor home nor time zone reach a picture or a number.
  @Test func picturesDoNotDependOnTheEnvironment() throws {
    try withTemporaryFolder { folder in
      try writeSmallRun(folder + "/a.rheo")
      func picture(_ format: String, _ environment: [String: String]?) throws -> Data {
        let run = try run("render a.rheo --out a.\(format)", in: folder, environment)
        #expect(run.code == 0, "\(run.errors)")
        return try Data(contentsOf: URL(filePath: "\(folder)/a.\(format)"))
      }
      for format in ["png", "svg", "pdf"] {
        let stripped = try picture(format, [:])
        #expect(stripped.count > 10_000)
        #expect(try picture(format, nil) == stripped)
        for environment in bare + [["COLUMNS": "7"]] + [try Self.turkish(in: folder)].compactMap({ $0 }) {
          #expect(try picture(format, environment) == stripped, "\(format) with \(environment)")
        }
      }
    }
  }

  @Test(.enabled(if: hasLocales, "needs Debian's package locales")) func resultsDoNotDependOnTheLocale() throws {
    try withTemporaryFolder { folder in
      let turkish = try #require(try Self.turkish(in: folder)), words = "run vanishing-product --quick --out x"
      var results: [[String: Data]] = []
      for environment in [nil, turkish] {
        #expect(try run(words, in: folder, environment).code == 0)
        results.append(
          Dictionary(
            uniqueKeysWithValues: try ["summary.json", "report.md", "gradient.png"].map {
              ($0, try Data(contentsOf: URL(filePath: "\(folder)/x/\($0)")))
            }))
      }
      #expect(results[0] == results[1])
      #expect(try run("verify x", in: folder, turkish).code == 0)
    }
  }

  /// A closed standard output is an error; without standard error and input all commands work.
  @Test(arguments: ["list", "show a.rheo", "diagnose a.rheo", "render a.rheo --out b.png"])
  func streamsMayBeClosed(_ words: String) throws {
    try withTemporaryFolder { folder in
      try writeSmallRun(folder + "/a.rheo")
      func code(_ redirection: String) throws -> Int32 {
        try ProcessRun("/bin/bash", ["-c", "exec \(tool) \(words) \(redirection)"], in: folder).code
      }
      #expect(try code("2>&-") == 0)
      #expect(try code("<&-") == 0)
      #expect(try code("<&- 2>&-") == 0)
      #expect(try code(">&-") == 1)
      #expect(try code("<&- >&- 2>&-") == 1)
      let run = try ProcessRun("/bin/bash", ["-c", "exec \(tool) \(words) >&-"], in: folder)
      #expect(run.errors == "rheoscope: standard output: can't write there (bad file descriptor)\n")
      if words.hasPrefix("render") { #expect(try Data(contentsOf: URL(filePath: folder + "/b.png")).count > 10_000) }
    }
  }

  // MARK: Terminals

  /// The longest line that the tool prints to a terminal of this size, in characters.
  private func width(columns: Int, rows: Int, in folder: String) throws -> Int {
    let program = """
      import fcntl, os, pty, re, struct, sys, termios, time
      columns, rows, tool = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
      parent, child = pty.openpty()
      fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
      pid = os.fork()
      if pid == 0:
        os.login_tty(child) if hasattr(os, "login_tty") else [os.dup2(child, n) for n in (0, 1, 2)]
        os.environ["TERM"] = "xterm"
        os.execv(tool[0], tool)
      os.close(child)
      output = b""
      while True:
        try: data = os.read(parent, 65536)
        except OSError: break
        if not data: break
        output += data
      status = os.waitpid(pid, 0)[1]
      text = re.sub(rb"\\x1b\\[[0-9;]*m", b"", output).decode()
      print(max(len(line) for line in text.split("\\r\\n")) if status == 0 else -status)
      """
    let run = try ProcessRun(
      "/usr/bin/env", ["python3", "-c", program, "\(columns)", "\(rows)", tool, "show", "a.rheo"], in: folder)
    return try #require(Int(run.output.split(separator: "\n").last ?? ""), "\(run.errors)")
  }

  @Test func chartsFitTheTerminal() throws {
    try withTemporaryFolder { folder in
      try writeSmallRun(folder + "/a.rheo")
      for columns in [1, 2, 3, 7, 10, 19, 20, 40, 80, 200, 1_000, 10_000] {
        let width = try width(columns: columns, rows: columns % 2 == 0 ? 1 : 50, in: folder)
        #expect((columns > 20 ? columns - 4 : 0)...columns ~= width, "\(width) of \(columns)")
      }
    }
  }

  /// Where there is no terminal, COLUMNS counts from 20 to 500.
  @Test func chartsFitTheGivenColumns() throws {
    try withTemporaryFolder { folder in
      try writeSmallRun(folder + "/a.rheo")
      for (columns, most) in [
        ("1", 20), ("19", 20), ("20", 20), ("80", 80), ("500", 500), ("10000", 500), ("0", 20), ("-5", 20),
        ("wide", 100),
        ("", 100), ("99999999999999999999", 100),
      ] {
        let run = try run("show a.rheo", in: folder, ["COLUMNS": columns])
        #expect(run.code == 0)
        let width = try #require(run.output.split(separator: "\n").map(\.count).max())
        #expect((most - 4)...most ~= width, "\(width) with COLUMNS=\(columns)")
      }
    }
  }

  // MARK: Permissions

  /// Runs the tool in a folder that the user may not write to.
  private func runReadOnly(_ words: String, in folder: String) throws -> ProcessRun {
    // Root may write everywhere.
    let user = geteuid() == 0 ? "setpriv --reuid=65534 --clear-groups" : ""
    return try ProcessRun("/bin/bash", ["-c", "exec \(user) \(tool) \(words)"], in: folder)
  }

  @Test func foldersMayBeReadOnly() throws {
    try withTemporaryFolder { folder in
      try writeSmallRun(folder + "/a.rheo")
      #expect(chmod(folder, 0o555) == 0)
      defer { chmod(folder, 0o755) }
      for words in ["show a.rheo", "diagnose a.rheo", "check a.rheo"] {
        let run = try runReadOnly(words, in: folder)
        #expect(run.code == 0 && run.errors == "" && run.output != "", "\(words): \(run.errors)")
      }
      for (words, errors) in [
        (
          "render a.rheo",
          "dashboard.png: the figure can't be written (permission denied); choose a path in a folder where you may write"
        ),
        (
          "run vanishing-product --quick",
          "output/quick/vanishing-product: can't write there (permission denied); choose another output folder (--out DIR)"
        ),
        (
          "run vanishing-product --out x",
          "x: can't write there (permission denied); choose another output folder (--out DIR)"
        ),
      ] {
        let run = try runReadOnly(words, in: folder)
        #expect(run.code == 1 && run.errors == "rheoscope: \(errors)\n", "\(words): \(run.errors)")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.rheo"])
    }
  }
}
