import ExperimentHarness
import Rheoscope

/// An error as one line, with the flag or command that helps. Libraries don't know the command line, so their errors name none.
func wording(of error: any Error) -> String {
  let hint: String? =
    switch error {
    case is DatasetError: "--data DIR"
    case ExperimentError.notWritable: "--out DIR"
    case ExperimentError.batchTooLarge: "--batch N"
    case RunFileError.noSuchFile: "rheoscope run records one"
    default: nil
    }
  return "\(error)" + (hint.map { " (\($0))" } ?? "")
}
