import ExperimentHarness
import Foundation
import Rheoscope

extension Command {
  static let report = Command(
    name: "report", operands: "DIR|RUN…", operandCount: 1...Int.max,
    summary: "Writes one HTML file about runs, with verdict, settings, figures and the numbers of layers at each step.",
    flags: [
      Flag(
        name: "--out", kind: .file(endings: ["html"]), help: "file to write (default: report.html beside the first run)"
      )
    ])
}

extension Tool {
  /// Reports on the runs that can be read, then throws the last error of the others.
  func report(_ arguments: Arguments, typed words: [String]) throws {
    let (runs, errors) = eachRun(try runPaths(arguments.operands)) { try Run(path: $0) }
    if !runs.isEmpty {
      // Beside the first run, or in the folder that is named first.
      let first = arguments.operands[0],
        folder = first == runs[0].path ? (first as NSString).deletingLastPathComponent : first
      let place = arguments["--out"] ?? (folder as NSString).appendingPathComponent("report.html")
      try RunReport(of: runs, command: commandLine(words)).write(to: place)
      console.print("wrote \(place)")
    }
    try finish(errors)
  }
}
