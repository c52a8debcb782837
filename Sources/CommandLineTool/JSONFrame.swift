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
