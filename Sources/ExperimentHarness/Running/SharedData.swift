import Rheoscope
import Synchronization

/// Fashion-MNIST for all trials of a run, read when the first one asks for it.
package final class SharedData: Sendable {
  /// The folder that it is read from.
  let directory: String
  private let loaded = Mutex<FashionMNIST?>(nil)

  package init(directory: String) { self.directory = directory }

  /// The data; throws where they can't be read.
  func load() throws -> FashionMNIST {
    try loaded.withLock { loaded in
      if let loaded { return loaded }
      let data = try FashionMNIST(directory: directory)
      loaded = data
      return data
    }
  }

  /// What tells the data from others; nil where nobody has asked for them.
  var hash: String? { loaded.withLock { $0?.hash } }
}
