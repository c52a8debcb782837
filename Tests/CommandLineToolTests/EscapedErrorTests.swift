import Charts
import Datasets
import ExperimentHarness
import NeuralNetworks
import RunFile
import Testing

/// No message of an error passes a control or bidirectional character of a path, a name or a file on to a terminal.
@Suite struct EscapedErrorTests {
  private static let text = "a\u{1B}]0;title\u{7}\n\u{202E}b"

  private static let errors: [any Error] = [
    DataFileError.unreadable(path: text, reason: text), DataFileError.npy(path: text, problem: text),
    DataFileError.line(path: text, line: 1, column: text, problem: text),
    DataFileError.noColumn(path: text, column: text, present: [text]), DatasetError.missing(path: text),
    DatasetError.unreadable(path: text, reason: text), WeightsError.malformed(path: text, problem: text),
    WeightsError.misfits(path: text, misfits: [.missing(name: text, nearest: [text])]),
    WeightsError.differentTraining(path: text, problem: text), RunFileError.noSuchFile(path: text),
    RunFileError.cannotResume(path: text, reason: text), ChartError.notRecorded(what: text, paths: [text]),
    HookError.nothingMatches(pattern: text, what: text, nearest: [text]),
    ExperimentError.brokenRecord(path: text, problem: text), ExperimentError.notResumable(path: text, reason: text),
  ]

  @Test(arguments: errors.indices) func showsControlsAsEscapes(_ index: Int) {
    let message = "\(Self.errors[index])"
    #expect(message.contains("a\\u{1B}]0;title\\u{7}\\n\\u{202E}b") || message.contains("\\u{1B}"), "\(message)")
    #expect(!message.unicodeScalars.contains { $0.value < 32 || $0 == "\u{202E}" }, "\(message)")
  }
}
