import Foundation
import TestSupport

/// Runs the tool that was built beside the tests.
func runTool(_ words: String..., in folder: String = NSTemporaryDirectory()) throws -> ProcessRun {
  try runTool(words: words, in: folder)
}

func runTool(words: [String], in folder: String = NSTemporaryDirectory()) throws -> ProcessRun {
  try ProcessRun(builtProgram("rheoscope"), words, in: folder)
}
