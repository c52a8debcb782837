import Support

/// The reason why weights or a training state could not be saved or loaded. The model is then unchanged.
public enum WeightsError: Error, Equatable, CustomStringConvertible {
  /// The file cannot be opened or read.
  case unreadable(path: String, reason: String)
  /// The file cannot be written; an existing file is unchanged.
  case unwritable(path: String, reason: String)
  /// The file is not a valid safetensors file.
  case malformed(path: String, problem: String)
  /// A Float64 is too large for Float32. The largest Float32 is about 3.4e38.
  case notRepresentable(path: String, name: String, index: [Int], value: Double)
  /// The file's tensors are not those of the model.
  case misfits(path: String, misfits: [Misfit])
  /// The file has no training state, or that of another model, optimizer, schedule or loss scaler.
  case differentTraining(path: String, problem: String)

  /// One tensor that differs between file and model; `nearest` are similar names of the other side, for the first few tensors.
  public enum Misfit: Equatable, Sendable {
    /// The model has it; the file does not.
    case missing(name: String, nearest: [String])
    /// The file has it; the model does not.
    case unexpected(name: String, nearest: [String])
    /// Its shapes differ.
    case wrongShape(name: String, file: [Int], model: [Int])
    /// Its type cannot be converted to Float32.
    case wrongType(name: String, type: String)
  }

  /// The number of misfits in a description, and of those with nearest names.
  static let shownMisfits = 6

  /// The file, the problem, and what would be right.
  public var description: String { message.escapedForTerminal }

  private var message: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot be read (\(reason))"
    case .unwritable(let path, let reason): "\(path): cannot be written (\(reason)); an existing file is unchanged"
    case .malformed(let path, let problem): "\(path): not a valid safetensors file: \(problem); save it again"
    case .notRepresentable(let path, let name, let index, let value):
      "\(path): “\(name)” has \(value) at \(index), which is beyond Float32's range; change it, or save the tensor as Float32"
    case .misfits(let path, let misfits):
      "\(path): does not match the model: " + misfits.prefix(Self.shownMisfits).map(\.text).joined(separator: "; ")
        + (misfits.count > Self.shownMisfits ? "; and \(misfits.count - Self.shownMisfits) more" : "")
    case .differentTraining(let path, let problem): "\(path): cannot resume training from it: \(problem)"
    }
  }
}

extension WeightsError.Misfit {
  fileprivate var text: String {
    switch self {
    case .missing(let name, let nearest): "the file has no “\(name)”\(hint(nearest))"
    case .unexpected(let name, let nearest): "the model has no “\(name)”\(hint(nearest))"
    case .wrongShape(let name, let file, let model): "“\(name)” is \(file) in the file and \(model) in the model"
    case .wrongType(let name, let type): "“\(name)” has the type \(type); only F64, F32, F16 and BF16 are converted"
    }
  }

  private func hint(_ nearest: [String]) -> String {
    nearest.isEmpty ? "" : ", but \(nearest.map { "“\($0)”" }.joined(separator: ", "))"
  }
}
