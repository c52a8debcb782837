import Foundation

/// The memory of this process that is resident now, in bytes.
public func residentBytes() throws -> Int {
  let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
  return Int(pages)! * sysconf(Int32(_SC_PAGESIZE))
}

/// Bytes that malloc has given out, over all its arenas.
public func allocatedBytes() -> Int {
  // The header that declares it is not in Swift's module of the C library.
  typealias Inform = @convention(c) (Int32, UnsafeMutablePointer<FILE>) -> Int32
  let inform = unsafeBitCast(dlsym(nil, "malloc_info"), to: Inform.self)
  var text: UnsafeMutablePointer<CChar>?, size = 0
  let stream = open_memstream(&text, &size)!
  _ = inform(0, stream)
  fclose(stream)
  defer { free(text) }
  let lines = String(cString: text!).split(separator: "\n")
  /// The totals over all arenas come last.
  func total(_ start: String) -> Int? {
    lines.last { $0.hasPrefix(start) }?.split(separator: "\"").compactMap { Int($0) }.last
  }
  // From version 2.43 on, glibc keeps no lists of the kind "fast".
  return total("<system type=\"current\"")! + total("<total type=\"mmap\"")!
    - (total("<total type=\"fast\"") ?? 0) - total("<total type=\"rest\"")!
}
