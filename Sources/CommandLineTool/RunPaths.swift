import ExperimentHarness
import Foundation
import Rheoscope
import Support

/// The run files that words of a command line name: a file as it is, a folder by all files in it, at any depth, whose names end in .rheo, in
/// alphabetical order. Throws a `NoRuns` error for a folder without one.
func runPaths(_ operands: [String]) throws -> [String] {
  try operands.flatMap { operand in
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: operand, isDirectory: &isFolder), isFolder.boolValue else {
      return [operand]
    }
    let names = (FileManager.default.enumerator(atPath: operand)?.compactMap { $0 as? String } ?? [])
      .filter { $0.hasSuffix(".rheo") }.sorted()
    guard !names.isEmpty else { throw NoRuns(folder: operand) }
    return names.map { operand.hasSuffix("/") ? operand + $0 : "\(operand)/\($0)" }
  }
}

/// A folder holds no run file.
private struct NoRuns: Error, CustomStringConvertible {
  let folder: String

  var description: String { "\(folder): no file in it ends in .rheo, as run files do" }
}

/// What `work` makes of each path, and the errors of those for which it throws.
func eachRun<Result>(_ paths: [String], _ work: (String) throws -> Result) -> (results: [Result], errors: [any Error]) {
  var results: [Result] = [], errors: [any Error] = []
  for path in paths { do { results.append(try work(path)) } catch { errors.append(error) } }
  return (results, errors)
}

extension Tool {
  /// Notes all errors but the last, and throws that.
  func finish(_ errors: [any Error]) throws {
    for error in errors.dropLast() { console.note(wording(of: error)) }
    if let last = errors.last { throw last }
  }
}
