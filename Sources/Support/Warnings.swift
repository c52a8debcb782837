import Foundation

/// Writes a warning to standard error, one line with the program's name.
package func warnOnStandardError(_ text: String) {
  FileHandle.standardError.write(Data("rheoscope: \(text)\n".utf8))
}
