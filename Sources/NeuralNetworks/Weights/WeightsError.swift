/// Why weights or a training state could not be saved or loaded; the model is then as it was before.
public enum WeightsError: Error, Equatable, CustomStringConvertible {
  /// The file can't be opened or read.
  case unreadable(path: String, reason: String)
  /// The file can't be written; one that was there before is untouched.
  case unwritable(path: String, reason: String)
  /// The contents are not those of a safetensors file.
  case malformed(path: String, problem: String)
  /// The file holds another model's tensors.
  case misfits(path: String, misfits: [Misfit])
  /// The file holds no training state, or one of a training that was set up otherwise.
  case otherTraining(path: String, problem: String)

  /// One tensor by which file and model differ; `nearest` are names of the other side that come close, for the first few.
  public enum Misfit: Equatable, Sendable {
    /// The model has it and the file does not.
    case missing(name: String, nearest: [String])
    /// The file has it and the model does not.
    case unexpected(name: String, nearest: [String])
    /// Both have it, in different shapes.
    case wrongShape(name: String, file: [Int], model: [Int])
    /// Its numbers are of a type that is not converted to Float32.
    case wrongType(name: String, type: String)
  }

  /// How many misfits a description names, and for how many the nearest names are looked up.
  static let shownMisfits = 6

  /// What was wrong, where, and what would be right.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): can't be read (\(reason))"
    case .unwritable(let path, let reason): "\(path): can't be written (\(reason)); what was there before is untouched"
    case .malformed(let path, let problem): "\(path): not a sound safetensors file: \(problem); save it again"
    case .misfits(let path, let misfits):
      "\(path): doesn't fit the model: " + misfits.prefix(Self.shownMisfits).map(\.words).joined(separator: "; ")
        + (misfits.count > Self.shownMisfits ? "; and \(misfits.count - Self.shownMisfits) more" : "")
    case .otherTraining(let path, let problem): "\(path): can't be resumed from: \(problem)"
    }
  }
}

extension WeightsError.Misfit {
  fileprivate var words: String {
    switch self {
    case .missing(let name, let nearest): "the file has no “\(name)”\(hint(nearest))"
    case .unexpected(let name, let nearest): "the model has no “\(name)”\(hint(nearest))"
    case .wrongShape(let name, let file, let model): "“\(name)” is \(file) in the file and \(model) in the model"
    case .wrongType(let name, let type): "“\(name)” holds \(type), only F64, F32, F16 and BF16 are converted"
    }
  }

  private func hint(_ nearest: [String]) -> String {
    nearest.isEmpty ? "" : ", but \(nearest.map { "“\($0)”" }.joined(separator: ", "))"
  }
}
