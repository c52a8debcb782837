import Foundation

/// An ordinary file that is open for reading. Folders, pipes and devices are refused, and none of them makes the program wait.
///
/// Bytes are read, not mapped into memory: if another program shortens a file that is mapped, the system ends this one.
package final class InputFile {
  /// The number of bytes when it was opened.
  package let size: Int
  private let path: String
  private let descriptor: Int32

  /// Opens the file. Throws an `InputFileError`.
  package init(path: String) throws(InputFileError) {
    self.path = path
    // A system call would end the path there, and read another file.
    guard !path.utf8.contains(0) else { throw InputFileError(.EINVAL, path) }
    descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    // A socket can't be opened at all.
    guard descriptor >= 0 else {
      throw errno == ENXIO
        ? InputFileError(reason: "it is a socket, not a file") : InputFileError(POSIXError.last.code, path)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = InputFileError(POSIXError.last.code, path)
      close(descriptor)
      throw error
    }
    size = Int(status.st_size)
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: throw InputFileError(.EISDIR, path)
    case S_IFIFO: throw InputFileError(reason: "it is a pipe, not a file")
    default: throw InputFileError(reason: "it is a device, not a file")
    }
  }

  deinit { close(descriptor) }

  /// Fills `bytes` from an offset on. Throws an `InputFileError` if the file ends before.
  package func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(InputFileError) {
    guard try readAvailable(into: bytes, at: offset) == bytes.count else {
      throw InputFileError(reason: "it became shorter while it was read")
    }
  }

  /// `count` bytes from an offset on. Throws an `InputFileError` if the file ends before.
  package func bytes(_ count: Int, at offset: Int) throws(InputFileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBytes { bytes in
      Result { () throws(InputFileError) in try read(into: bytes, at: offset) }
    }.get()
    return bytes
  }

  /// All bytes. Throws an `InputFileError`.
  package func contents() throws(InputFileError) -> [UInt8] { try bytes(size, at: 0) }

  /// Fills `bytes` up to the end of the file, and returns their number.
  private func readAvailable(
    into bytes: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(InputFileError) -> Int {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      guard count >= 0 || errno == EINTR else { throw InputFileError(POSIXError.last.code, path) }
      if count == 0 { break }
      done += max(count, 0)
    }
    return done
  }
}

/// Why a file can't be read.
package struct InputFileError: Error, Equatable {
  /// A part of a sentence, without the path.
  package let reason: String
  /// Whether there is no file at the path.
  package let isMissing: Bool

  init(reason: String) {
    self.reason = reason
    isMissing = false
  }

  init(_ code: POSIXErrorCode, _ path: String) {
    reason = pathProblem(code, path)
    isMissing = code == .ENOENT
  }
}
