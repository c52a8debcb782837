import Foundation

/// The bytes of a file.
func contents(ofFile path: String) throws(DataFileError) -> Data {
  do {
    return try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
  } catch {
    throw .unreadable(path: path, reason: error.localizedDescription)
  }
}
