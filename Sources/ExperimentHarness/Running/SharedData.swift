import Rheoscope
import Synchronization

/// Fashion-MNIST for all trials of a run, read when the first trial needs it.
final class SharedData: Sendable {
  /// The folder that it is read from.
  let directory: String
  private let loaded = Mutex<FashionMNIST?>(nil)

  init(directory: String) { self.directory = directory }

  /// The data set. Throws where it can't be read.
  func load() throws -> FashionMNIST {
    try loaded.withLock { loaded in
      if let loaded { return loaded }
      let data = try FashionMNIST(directory: directory)
      loaded = data
      return data
    }
  }

  /// Throws unless the data set is the one with this hash, with which other trials of the run were trained.
  func require(_ hash: String) throws {
    let found = try load().hash
    guard found == hash else { throw ChangedData(directory: directory) }
  }

  /// The hash of the data set; nil where no trial has read it.
  var hash: String? { loaded.withLock { $0?.hash } }
}

/// The data set is not the one that other trials of a run were trained with.
struct ChangedData: Error, CustomStringConvertible {
  let directory: String
  var description: String {
    "\(directory): the data set has changed since the run began; restore it, or run from the beginning"
  }
}
