import Foundation

/// The memory of this process that is resident now, in bytes.
public func residentBytes() throws -> Int {
  let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
  return Int(pages)! * sysconf(Int32(_SC_PAGESIZE))
}
