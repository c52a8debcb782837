import ExperimentHarness
import Foundation
import Support

/// A command's answer for programs: one JSON object on standard output, with the same frame for all commands.
struct JSONFrame<Contents: Encodable>: Encodable {
  /// The tool's version.
  private let version = rheoscopeVersion
  /// The command line.
  let command: String
  /// What the command found.
  let data: Contents
  /// What went wrong, one sentence each.
  let errors: [String]

  /// The object as text, which may be shown in a terminal.
  var text: String {
    get throws { String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self).withoutControlsInJSON }
  }
}

extension Tool {
  /// Prints what a command found as one JSON object, with the errors that it met.
  func answer(_ contents: some Encodable, _ errors: [any Error] = [], typed words: [String]) throws {
    console.printAsIs(
      try JSONFrame(command: commandLine(words), data: contents, errors: errors.map { wording(of: $0) }).text)
  }
}

extension Flag {
  /// The flag of commands that answer programs too.
  static let json = Flag(name: "--json", kind: .none, help: "prints one JSON object, for programs")
}

/// Runs in an answer.
struct RunsRecord<Record: Encodable>: Encodable { let runs: [Record] }
