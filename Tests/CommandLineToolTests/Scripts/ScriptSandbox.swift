import Foundation
import TestSupport

/// A copy of the scripts in a folder of its own, on a simulated machine: `swift`, `apt-get`, `dpkg-query`, `sudo` and `id` are
/// stand-ins that record how they were called; besides them only the few programs that the scripts need are on the PATH.
struct ScriptSandbox {
  let folder: String
  var repository: String { folder + "/the repository" }
  var programs: String { folder + "/programs" }

  init(in folder: String) throws {
    self.folder = folder
    let files = FileManager.default
    let source = repositoryRoot
    for name in ["Sources", "experiments", ".ci"] {
      try files.createDirectory(atPath: "\(repository)/\(name)", withIntermediateDirectories: true)
    }
    for name in ["rheoscope", "test", ".scripts", ".ci/run", ".ci/set-up"] {
      try files.copyItem(atPath: "\(source)/\(name)", toPath: "\(repository)/\(name)")
    }
    try write("", to: "the repository/Package.swift")
    try write("", to: "the repository/Sources/Main.swift")
    try files.createDirectory(atPath: programs, withIntermediateDirectories: true)
    for name in [
      "awk", "bash", "cat", "chmod", "cp", "dirname", "env", "find", "flock", "grep", "mkdir", "mktemp", "mv", "perl",
      "readlink", "rm", "sed", "sleep", "tail", "tee", "touch",
    ] {
      let path = ["/usr/bin/", "/bin/"].map { $0 + name }.first(where: files.isExecutableFile)!
      try files.createSymbolicLink(atPath: "\(programs)/\(name)", withDestinationPath: path)
    }
    try program("id", "echo \"${FAKE_USER:-0}\"")
    try program("sudo", "echo \"sudo $*\" >>\"$NOTES\"; exec \"$@\"")
    // The list of missing packages is a file; installing empties it.
    try program(
      "dpkg-query",
      """
      for package in "${@:3}"; do
        grep -qxF "$package" "$FAKE_MISSING" || echo "ii  $package"
      done
      """)
    try program(
      "apt-get",
      """
      echo "apt-get $*" >>"$NOTES"
      case "$*" in
        *install*)
          [ -e "$FAKE_LISTS" ] || { echo "E: Unable to locate package"; exit 100; }
          : >"$FAKE_MISSING" ;;
        *update*)
          [ -z "${FAKE_OFFLINE:-}" ] || { echo "E: Failed to fetch"; exit 100; }
          : >"$FAKE_LISTS" ;;
      esac
      """)
    // It builds a tool that prints where and how it was called.
    try program(
      "swift",
      """
      case "$1" in --version | -print-target-info) ;; *) echo "swift $*" >>"$NOTES" ;; esac
      case "$1" in
        --version)
          [ -z "${FAKE_SWIFT_ERROR:-}" ] || { echo "$FAKE_SWIFT_ERROR" >&2; exit 127; }
          echo "Swift version ${FAKE_SWIFT:-6.3} (swift-RELEASE)" ;;
        -print-target-info)
          echo "    \\"runtimeResourcePath\\": \\"${FAKE_LIBRARIES:-}\\"" ;;
        build)
          sleep 0.2
          echo "[1/2] Compiling Main.swift"
          [ -z "${FAKE_MISTAKE:-}" ] || { echo "Main.swift:1:1: error: a mistake"; exit 1; }
          tool="$5/.build/release/rheoscope"
          mkdir -p "${tool%/*}"
          printf '%s\\n' '#!/usr/bin/env bash' 'echo "in $PWD:"' 'printf "<%s>" "$@"' '[ "$1" = list ] && [ -n "${FAKE_LIST:-}" ] && printf "\\n%s" "${FAKE_LIST:-}"' '[ "$1" = run ] && exit "${FAKE_TOOL_OF_RUN:-${FAKE_TOOL:-7}}"' 'exit "${FAKE_TOOL:-7}"' >"$tool"
          chmod +x "$tool" ;;
        test)
          echo "[1/2] Compiling Main.swift"
          [ -z "${FAKE_MISTAKE:-}" ] || { echo "Main.swift:1:1: error: a mistake" >&2; exit 1; }
          echo "◇ Test first() started."
          if [ "${FAKE_TESTS:-0}" = 0 ]; then
            echo "✔ Test first() passed after 0.001 seconds."
            echo "✔ Test run with 3 tests passed"
          else
            echo "✘ Test first() recorded an issue at First.swift:4:7: Expectation failed: (a → 1) == (b → 2)"
            echo "↳ a comment"
            echo "◇ Test second() started."
            echo "✔ Test second() passed after 0.001 seconds."
            echo "✘ Test first() failed after 0.001 seconds with 1 issue."
            [ -n "${FAKE_CRASH:-}" ] && { echo "Fatal error: a stop"; echo "error: Exited with signal code 4"; exit 1; }
            echo "✘ Test run with 3 tests failed with 1 issue."
          fi
          exit "${FAKE_TESTS:-0}" ;;
        format)
          exit "${FAKE_FORMAT:-0}" ;;
      esac
      """)
    try write("", to: "missing")
    try write("", to: "lists")
    try write("", to: "notes")
  }

  func write(_ text: String, to path: String) throws {
    try text.write(toFile: "\(folder)/\(path)", atomically: false, encoding: .utf8)
  }

  func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: "\(folder)/\(path)") }

  private func program(_ name: String, _ text: String) throws { try program(text, at: "programs/\(name)") }

  /// Writes a shell script, which may be run.
  func program(_ text: String, at path: String) throws {
    try write("#!/usr/bin/env bash\n\(text)\n", to: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder)/\(path)")
  }

  /// Runs a script of the repository, or a link to one.
  func run(
    _ script: String, _ words: [String] = [], from directory: String? = nil, _ environment: [String: String] = [:]
  ) throws -> ProcessRun {
    let own = [
      "PATH": programs, "HOME": folder, "NOTES": folder + "/notes", "FAKE_MISSING": folder + "/missing",
      "FAKE_LISTS": folder + "/lists",
    ]
    return try ProcessRun(
      script.hasPrefix("/") ? script : "\(repository)/\(script)", words, in: directory ?? folder,
      environment: own.merging(environment) { $1 })
  }

  /// How the stand-ins have been called since this was last asked.
  func calls() throws -> [String] {
    defer { try? write("", to: "notes") }
    return try String(contentsOfFile: folder + "/notes", encoding: .utf8).split(separator: "\n").map(String.init)
  }
}

/// Calls `body` with a simulated machine, which is removed afterwards.
func withScripts(_ body: (ScriptSandbox) throws -> Void) throws {
  let folder =
    URL(fileURLWithPath: NSTemporaryDirectory()).resolvingSymlinksInPath().path + "/scripts-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  try body(ScriptSandbox(in: folder))
}
