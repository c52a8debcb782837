/// Why an experiment could not be carried out.
public enum ExperimentError: Error, Equatable, CustomStringConvertible {
  /// The output folder, or something in it, can't be written.
  case notWritable(path: String, reason: String)
  /// A batch would be more than all training images.
  case batchTooLarge(batch: Int, images: Int)

  /// One line: what was wrong, where, and what to do.
  public var description: String {
    switch self {
    case .notWritable(let path, let reason):
      "\(path): can't write there (\(reason)); choose another folder with --out DIR"
    case .batchTooLarge(let batch, let images):
      "a batch of \(batch) is more than the \(images) training images; choose a smaller one with --batch N"
    }
  }
}
