import Foundation

/// The system's message for an error code, by default that of the last failed call.
package func systemMessage(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

/// Why a system call failed with a path, in words that tell the causes apart: a missing file from a missing folder, a full disk from a
/// long name and from a path that leads through a file.
package func pathProblem(_ code: POSIXErrorCode, _ path: String) -> String {
  switch code {
  case .ENOENT:
    if path.isEmpty { return "the path is empty" }
    if let folder = ancestors(of: path).first(where: { kind(of: $0) == nil }) {
      return "there is no folder “\(folder)”"
    }
    // Swift puts this character in place of bytes that are not UTF-8, so the path is that of another file.
    return path.unicodeScalars.contains("\u{FFFD}")
      ? "no such file; a name that is not UTF-8 can't be used, so rename the file" : "no such file"
  case .ENOTDIR:
    let file = ancestors(of: path).first { kind(of: $0) != nil && kind(of: $0) != S_IFDIR }
    return "“\(file ?? path)” is a file, not a folder"
  case .EINVAL: return path.utf8.contains(0) ? "the path holds a NUL character" : "it is a pipe or a device, not a file"
  case .EISDIR: return "it is a folder"
  case .ENAMETOOLONG: return "the name is too long; a name has at most 255 bytes, a path 4,095"
  case .ELOOP: return "its links lead in a circle"
  case .EACCES, .EPERM: return "permission denied"
  case .ENOSPC: return "the disk is full"
  case .EDQUOT: return "the disk quota is used up"
  case .EFBIG: return "the file is larger than allowed"
  case .EROFS: return "the disk can only be read"
  case .EMFILE, .ENFILE: return "too many files are open"
  default: return systemMessage(code.rawValue).lowercased()
  }
}

/// The folders that a path leads through, the outermost first.
private func ancestors(of path: String) -> [String] {
  path.indices.filter { path[$0] == "/" && $0 > path.startIndex }.map { String(path[..<$0]) }
}

/// The type of a file as in `st_mode`; nil if there is none.
private func kind(of path: String) -> mode_t? {
  var status = stat()
  return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
}
