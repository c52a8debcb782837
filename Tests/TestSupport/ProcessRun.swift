import Foundation

/// What a program did that was run to its end.
public struct ProcessRun {
  /// What it exited with.
  public let code: Int32
  /// What it wrote to standard output.
  public let output: String
  /// What it wrote to standard error.
  public let errors: String

  /// Runs a program. `environment` replaces the test's own.
  public init(
    _ program: String, _ arguments: [String], in folder: String, environment: [String: String]? = nil
  ) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    if let environment { process.environment = environment }
    process.standardInput = FileHandle.nullDevice
    // Files rather than pipes: they never fill up while nobody reads.
    let name = NSTemporaryDirectory() + UUID().uuidString
    let paths = [name + ".out", name + ".err"]
    let files = try paths.map { path in
      try Data().write(to: URL(fileURLWithPath: path))
      return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }
    (process.standardOutput, process.standardError) = (files[0], files[1])
    defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
    try process.run()
    process.waitUntilExit()
    code = process.terminationStatus
    output = try String(contentsOfFile: paths[0], encoding: .utf8)
    errors = try String(contentsOfFile: paths[1], encoding: .utf8)
  }
}

/// The path of a program that was built beside the tests.
public func builtProgram(_ name: String) -> String {
  let tests = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
  return tests.deletingLastPathComponent().path + "/" + name
}

/// The folder of the repository.
public let repositoryRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path
