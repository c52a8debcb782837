import Foundation

/// Passes a value to the body of an exit test, which captures nothing before Swift 6.3: the test writes it to a file that is named after
/// its process, and the process of the body reads it. Tests that use one name run one after the other.
public struct ExitTestInput: Sendable {
  private let name: String

  /// A place for one value at a time, under a name of its own.
  public init(_ name: String) { self.name = name }

  private func path(_ process: pid_t) -> String { NSTemporaryDirectory() + "rheoscope-test-\(name)-\(process)" }

  /// Sets the value for the bodies that begin from now on. Throws if the file can't be written.
  public func set(_ value: some Encodable) throws {
    try JSONEncoder().encode(value).write(to: URL(filePath: path(getpid())))
  }

  /// Removes the value.
  public func remove() { try? FileManager.default.removeItem(atPath: path(getpid())) }

  /// The value, in the body of an exit test. Throws if there is none.
  public func value<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: path(getppid()))))
  }
}
