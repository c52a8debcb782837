import Autodiff

extension Module {
  /// Writes all parameters and buffers to a safetensors file, as Float32, named by their paths, with `metadata`, texts by name.
  ///
  /// An existing file is replaced only when the new one is complete. Throws a `WeightsError` if the file cannot be written, if its
  /// header would have more than 100 MB, so that nobody could read it again, or if two tensors have one name.
  /// Stops the program if the model has not been initialized.
  ///
  /// Source of the format: huggingface.co/docs/safetensors.
  public func saveWeights(to path: String, metadata: [String: String] = [:]) throws {
    try writeSafetensors(savedTensors, metadata: metadata, to: path)
  }

  /// Reads all parameters and buffers from a safetensors file, and returns the file's metadata, texts by name.
  ///
  /// The file must have exactly the model's names and shapes. Float64, Float16 and bfloat16 are converted to Float32. Random
  /// sources do not change. Throws a `WeightsError` that lists what is missing, unexpected or of another shape, or if a Float64 is
  /// beyond Float32's range; the model is then unchanged.
  @discardableResult
  public func loadWeights(from path: String) throws -> [String: String] {
    let file = try SafetensorsReader(path: path)
    let names = savedShapes
    assign(try file.tensors(named: names), from: .loaded)
    return file.header.metadata
  }

  /// Names and shapes of the saved tensors: parameters, then buffers.
  var savedShapes: [(name: String, shape: Shape)] {
    parameters.map { ($0.path, $0.parameter.shape) } + buffers.map { ($0.path, $0.buffer.shape) }
  }

  var savedTensors: [(name: String, tensor: Tensor)] {
    parameters.map { ($0.path, $0.parameter.value) } + buffers.map { ($0.path, $0.buffer.value) }
  }

  /// Assigns tensors in the order of `savedShapes`; `source` nil leaves the sources of values that there are.
  func assign(_ tensors: [Tensor], from source: ParameterSource?) {
    assignPaths()
    let parameters = parameters
    for ((_, parameter), tensor) in zip(parameters, tensors) {
      parameter.set(tensor, from: source ?? parameter.source ?? .loaded)
    }
    for ((_, buffer), tensor) in zip(buffers, tensors.dropFirst(parameters.count)) { buffer.set(tensor) }
  }
}
