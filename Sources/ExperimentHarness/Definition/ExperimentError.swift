/// Why an experiment could not be carried out.
public enum ExperimentError: Error, Equatable, CustomStringConvertible {
  /// The output folder, or something in it, can't be written.
  case notWritable(path: String, reason: String)
  /// A batch would be more than all training images.
  case batchTooLarge(batch: Int, images: Int)
  /// A record of an earlier run is missing.
  case noRecord(path: String)
  /// A record of an earlier run can't be read.
  case brokenRecord(path: String, problem: String)
  /// A record names an experiment, or settings of it, that are not here.
  case strangeRecord(path: String, problem: String)

  /// One line: what was wrong, where, and what to do.
  public var description: String {
    switch self {
    case .notWritable(let path, let reason):
      "\(path): can't write there (\(reason)); choose another folder"
    case .batchTooLarge(let batch, let images):
      "a batch of \(batch) is more than the \(images) training images; choose a smaller one"
    case .noRecord(let path):
      "\(path): no such file; name a folder with the results of an experiment"
    case .brokenRecord(let path, let problem):
      "\(path): \(problem); run the experiment again"
    case .strangeRecord(let path, let problem):
      "\(path): \(problem), so it is from another version; run the experiment again"
    }
  }
}
