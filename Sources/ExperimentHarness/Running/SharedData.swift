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

  /// The hash of the data set; nil where no trial has read it.
  var hash: String? { loaded.withLock { $0?.hash } }
}
