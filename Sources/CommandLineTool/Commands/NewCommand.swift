import ExperimentHarness
import Experiments
import Foundation
import Support

extension Command {
  static let new = Command(
    name: "new", operands: "NAME", operandCount: 1...1,
    summary: "Writes a new experiment into experiments/, ready to run and to change.", flags: [])
}

extension Tool {
  func new(_ arguments: Arguments) throws {
    let name = arguments.operands[0], folder = "experiments"
    guard name.wholeMatch(of: /[a-z][a-z0-9]*(-[a-z0-9]+)*/) != nil else { throw NewExperimentError.unfitName(name) }
    let template = ExperimentTemplate(name: name)
    let path = "\(folder)/\(template.typeName).swift", list = "\(folder)/AllExperiments.swift"
    guard !swiftKeywords.contains(name) else { throw NewExperimentError.keyword(name) }
    guard !Experiment.all.contains(where: { $0.name == name }), name != "all" else {
      throw NewExperimentError.taken(name)
    }
    let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    if let other = files.first(where: { $0.split(separator: "/").last == "\(template.typeName).swift" }) {
      throw NewExperimentError.fileExists("\(folder)/\(other)")
    }
    guard let text = try? String(contentsOfFile: list, encoding: .utf8) else { throw NewExperimentError.noList(list) }
    // The end of the list is a line of its own.
    guard let end = text.range(of: "\n  ]\n", options: .backwards) else { throw NewExperimentError.oddList(list) }
    let longer = text.replacingCharacters(in: end, with: "\n    .\(template.propertyName),\n  ]\n")
    try write(template.text, to: path)
    do { try write(longer, to: list) } catch {
      // A file that no list names would be compiled and never run.
      try? FileManager.default.removeItem(atPath: path)
      throw error
    }
    console.print("wrote \(path), and its line in \(list); try it: ./rheoscope run \(name)")
  }
}

private func write(_ text: String, to path: String) throws(NewExperimentError) {
  do { try AtomicFile.write(Data(text.utf8), to: path) } catch {
    throw .notWritable(path, reason: pathProblem(error.code, path))
  }
}

/// Swift's keywords, which can't be names of properties.
private let swiftKeywords: Set = [
  "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer", "deinit", "do", "else",
  "enum",
  "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if", "import", "in", "init", "inout",
  "internal", "is", "let", "nil", "operator", "precedencegroup", "private", "protocol", "public", "repeat", "rethrows",
  "return", "self", "static", "struct", "subscript", "super", "switch", "throw", "throws", "true", "try", "typealias",
  "var",
  "where", "while",
]

/// Why an experiment could not be created.
enum NewExperimentError: Error, Equatable, CustomStringConvertible {
  case unfitName(String)
  case keyword(String)
  case taken(String)
  case fileExists(String)
  case noList(String)
  case oddList(String)
  case notWritable(String, reason: String)

  var description: String {
    switch self {
    case .unfitName(let name):
      "“\(name)” can't be the name of an experiment; begin with a small letter, then use small letters, digits and single hyphens, "
        + "such as my-experiment"
    case .keyword(let name):
      "“\(name)” is a keyword of Swift; choose another name, such as my-\(name)"
    case .fileExists(let path):
      "\(path): this file exists, and file names must differ; choose another name"
    case .taken(let name):
      "there is an experiment “\(name)” already; choose another name"
    case .noList(let path):
      "\(path): no such file; go to the folder of your clone of Rheoscope"
    case .oddList(let path):
      "\(path): its list doesn't end with a ] on a line of its own; add the experiment by hand"
    case .notWritable(let path, let reason):
      "\(path): can't write there (\(reason))"
    }
  }
}
