import Foundation

/// What a lease's file says.
struct LeaseRecord {
  /// Different for every lease.
  let token: String
  let process: ProcessIdentity
  let host: String

  /// A new lease of this process.
  init() {
    token = randomToken()
    process = .current
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  init?(text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count == 4, let process = ProcessIdentity(text: lines[1][...]) else { return nil }
    (token, self.process, host) = (lines[0], process, lines[2])
  }

  var text: String { "\(token)\n\(process.text)\n\(host)\n" }
  var holder: String { "process \(process.number) on host \(host)" }

  /// Creates the file; returns false if there is one.
  func create(at path: String) throws(POSIXError) -> Bool {
    guard let file = try TemporaryFile(creating: path) else { return false }
    defer { close(file.descriptor) }
    do throws(POSIXError) {
      try file.write(Data(text.utf8))
    } catch {
      unlink(path)
      throw error
    }
    return true
  }

  /// Replaces an expired lease. Returns false if the present one is alive, and nil if there is none anymore.
  func replaceExpired(at path: String, _ lifetime: Duration) throws(POSIXError) -> Bool? {
    guard let old = try LeaseFile(path: path) else { return nil }
    let draft = try TemporaryFile(in: (path as NSString).deletingLastPathComponent)
    defer { draft.remove() }
    try draft.write(Data(text.utf8))
    guard !old.isAlive(at: draft.modified, lifetime), old.lock() else { return false }
    // Before the lock was taken, the lease may have been renewed or replaced by another file.
    guard let present = try LeaseFile(path: path) else { return nil }
    guard present.token == old.token, !present.isAlive(at: draft.modified, lifetime) else { return false }
    guard rename(draft.path, path) == 0 else { throw POSIXError.last }
    return true
  }
}

/// A lease's file, opened; it is closed, and its lock is released, with the object.
final class LeaseFile {
  let record: LeaseRecord?
  private let descriptor: Int32
  private let modified: Double

  /// Opens the file; nil if there is none. Throws a `POSIXError` if it is not an ordinary file or can't be opened.
  init?(path: String) throws(POSIXError) {
    // Some file systems lock only what is open for writing. A pipe must not block.
    let flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    var descriptor = open(path, O_RDWR | flags)
    if descriptor < 0, errno == EACCES || errno == EROFS { descriptor = open(path, O_RDONLY | flags) }
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw POSIXError.last
    }
    self.descriptor = descriptor
    var status = stat(), bytes = [UInt8](repeating: 0, count: 1024)
    let count = fstat(descriptor, &status) == 0 ? pread(descriptor, &bytes, bytes.count, 0) : -1
    let error = POSIXError.last
    record = LeaseRecord(text: String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self))
    modified = status.modified
    guard status.st_mode & S_IFMT == S_IFREG else { throw POSIXError(.EINVAL) }
    guard count >= 0 else { throw error }
  }

  deinit { close(descriptor) }

  /// Empty while the holder is about to write it.
  var token: String { record?.token ?? "" }

  /// Whether the lease is alive at a time of the file system. A time far ahead of its clock, which was set back, is no sign of life.
  func isAlive(at now: Double, _ lifetime: Duration) -> Bool {
    record?.process.isDead != true && abs(now - modified) <= lifetime.seconds
  }

  /// Locks the file until the object is deallocated; false if another process is about to change it. True where there are no locks.
  /// A lock is held for microseconds; `attempts` is how often to try, a millisecond apart.
  func lock(attempts: Int = 1) -> Bool {
    for attempt in 0..<attempts {
      if attempt > 0 { usleep(1000) }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK { return true }
    }
    return false
  }

  /// Renews the lease with this token. Returns false if the file is missing or another's, and nil if it can't be read.
  static func renew(_ path: String, _ token: String) -> Bool? {
    do throws(POSIXError) {
      guard let file = try LeaseFile(path: path), file.token == token else { return false }
      // Another thread is renewing it, or a rival has found it expired; the next renewal will tell.
      guard file.lock() else { return true }
      guard let present = try LeaseFile(path: path), present.token == token else { return false }
      return futimens(present.descriptor, nil) == 0 ? true : nil
    } catch {
      return nil
    }
  }
}
