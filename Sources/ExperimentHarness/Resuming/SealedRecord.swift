import Foundation
import Support

/// A record in JSON that a later run relies on. Its checksum shows if it was changed after it was written.
protocol SealedRecord: Codable {
  /// Of all other members.
  var checksum: String { get set }
}

extension SealedRecord {
  private func computedChecksum() throws -> String {
    var unsealed = self
    unsealed.checksum = ""
    var sum = Checksum()
    sum.add(String(decoding: try JSONEncoder.readable.encode(unsealed), as: UTF8.self))
    return sum.text
  }

  /// Writes the record. Throws an `ExperimentError`.
  func write(to path: String) throws {
    var sealed = self
    sealed.checksum = try computedChecksum()
    try writeRecord(sealed, to: path)
  }

  /// Reads a record. Throws an `ExperimentError` where it can't be read, or was changed.
  static func read(_ path: String) throws -> Self {
    let record: Self = try readRecord(path)
    guard try record.computedChecksum() == record.checksum else {
      throw ExperimentError.brokenRecord(path: path, problem: "it was changed after it was written")
    }
    return record
  }
}
