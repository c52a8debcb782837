import Support

/// The bytes of a file.
func contents(ofFile path: String) throws(DataFileError) -> [UInt8] {
  do throws(InputFileError) {
    return try InputFile(path: path).contents()
  } catch {
    throw .unreadable(path: path, reason: error.reason)
  }
}
