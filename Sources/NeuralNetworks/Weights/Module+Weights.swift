import Autodiff

extension Module {
  /// Writes all parameters and statistics by their dotted paths to a safetensors file, as Float32, with texts of your own
  /// beside them. A file that was there before is replaced when the new one is complete. Throws a `WeightsError`.
  ///
  /// Source of the format: huggingface.co/docs/safetensors.
  public func saveWeights(to path: String, metadata: [String: String] = [:]) throws {
    try writeSafetensors(savedTensors, metadata: metadata, to: path)
  }

  /// Takes all parameters and statistics from a safetensors file, which must have exactly these names in these shapes, and
  /// returns the texts beside them. Float64, Float16 and bfloat16 are converted. Throws a `WeightsError` that names what is
  /// missing, unexpected or of another shape; the model is then unchanged. Random sources are left as they are.
  @discardableResult
  public func loadWeights(from path: String) throws -> [String: String] {
    let file = try SafetensorsReader(path: path)
    let names = savedShapes
    take(try file.tensors(named: names))
    return file.header.metadata
  }

  /// Names and shapes of what is saved: parameters, then statistics.
  var savedShapes: [(name: String, shape: Shape)] {
    parameters.map { ($0.path, $0.parameter.shape) } + statistics.map { ($0.path, $0.statistic.shape) }
  }

  var savedTensors: [(name: String, tensor: Tensor)] {
    parameters.map { ($0.path, $0.parameter.value) } + statistics.map { ($0.path, $0.statistic.value) }
  }

  /// Takes over tensors in the order of `savedShapes`.
  func take(_ tensors: [Tensor]) {
    nameParts()
    let parameters = parameters
    for ((_, parameter), tensor) in zip(parameters, tensors) { parameter.set(tensor) }
    for ((_, statistic), tensor) in zip(statistics, tensors.dropFirst(parameters.count)) { statistic.set(tensor) }
  }
}
