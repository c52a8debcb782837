import NeuralNetworks

extension TrainingState {
  /// Writes the state of model, optimizer, loss scaler if there is one, and recorder to a file, from which `Recorder.init(resuming:)` goes on
  /// too. Call it between `recorder.step(loss:)` and the next forward pass; the program stops otherwise.
  ///
  /// Waits until all recorded rows are in the run file. An existing file is replaced only when the new one is complete. Throws a
  /// `WeightsError` if the file can't be written, and a `RunFileError` if the run file can't.
  public func save(
    _ model: Module, _ optimizer: Optimizer, _ scaler: LossScaler? = nil, recorder: Recorder, to path: String
  ) throws {
    try save(model, optimizer, scaler, recorder: recorder, with: SavedState(), to: path)
  }

  /// Writes also what others need.
  package func save(
    _ model: Module, _ optimizer: Optimizer, _ scaler: LossScaler?, recorder: Recorder?, with others: SavedState,
    to path: String
  ) throws {
    var all = try recorder?.state().saved ?? SavedState()
    all.add(others, under: "")
    try save(model, optimizer, scaler, with: all, to: path)
  }
}
