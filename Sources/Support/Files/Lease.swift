import Foundation
import Synchronization

/// A claim of this process on a folder or a file: a small file that exists while the claim lasts.
///
/// The file holds a random token, and its modification time is renewed every few seconds. A lease that was not renewed for its lifetime
/// has expired, and another process may take it over. Times are those of the file system, so leases hold between containers and hosts that
/// share it, whatever their clocks and process numbers. A lease of a process of this kernel that has ended expires at once.
///
/// A new lease is created exclusively. An expired one is replaced by rename under a lock of the file, so one of several rivals wins.
/// Where the file system has no locks, two rivals that meet within microseconds may both replace it; `isHeld` tells which one lost.
package final class Lease: Sendable {
  /// The path of the lease's file.
  package let path: String
  private let token: String
  private let stopsRenewal = DispatchSemaphore(value: 0)
  private let isReleased = Mutex(false)

  /// Claims `path`, a file in a folder that exists. Returns nil if the lease of another holder, in this process or elsewhere, is alive.
  ///
  /// A lease expires `lifetime` after its last renewal, by default 60 s, and is renewed after each `interval`, by default 5 s. All
  /// processes must agree on the lifetime. Throws a `POSIXError` if the file can't be written, or is not an ordinary file.
  package static func claim(
    _ path: String, lifetime: Duration = .seconds(60), renewedEvery interval: Duration = .seconds(5)
  ) throws(POSIXError) -> Lease? {
    let record = LeaseRecord()
    // Another round is needed only where an old lease is released meanwhile.
    for _ in 0..<100 {
      if try record.create(at: path) { return Lease(path, record.token, renewedEvery: interval) }
      guard let isMine = try record.replaceExpired(at: path, lifetime) else { continue }
      return isMine ? Lease(path, record.token, renewedEvery: interval) : nil
    }
    return nil
  }

  /// Whether a process holds the lease at `path` now. Writes a file beside it to read the file system's clock; in a folder that can't be
  /// written it reads this host's.
  package static func isAlive(_ path: String, lifetime: Duration = .seconds(60)) -> Bool {
    guard let file = try? LeaseFile(path: path) else { return false }
    let probe = try? TemporaryFile(in: (path as NSString).deletingLastPathComponent)
    defer { probe?.remove() }
    return file.isAlive(at: probe?.modified ?? Date().timeIntervalSince1970, lifetime)
  }

  /// The holder of the lease at `path`, alive or not, for a message: “process 12 on host a”; nil if there is no lease.
  package static func holder(of path: String) -> String? { (try? LeaseFile(path: path))?.record?.holder }

  /// Whether the claim still holds; this renews it. It no longer does if another process took over the expired lease, for example while
  /// this one was suspended, or if the file was removed.
  package var isHeld: Bool { !isReleased.withLock { $0 } && LeaseFile.renew(path, token) == true }

  /// Ends the claim and removes the file, unless another process has taken it over. This also happens when the object is deallocated.
  package func release() {
    let isFirst = isReleased.withLock { isReleased in
      defer { isReleased = true }
      return !isReleased
    }
    guard isFirst else { return }
    stopsRenewal.signal()
    if let file = try? LeaseFile(path: path), file.token == token, file.lock(attempts: 100) { unlink(path) }
  }

  private init(_ path: String, _ token: String, renewedEvery interval: Duration) {
    self.path = path
    self.token = token
    // Not a dispatch queue, whose threads may all be busy with training.
    let thread = Thread { [stopsRenewal] in
      while stopsRenewal.wait(timeout: .now() + interval.seconds) == .timedOut, LeaseFile.renew(path, token) != false {}
    }
    thread.name = "lease"
    thread.start()
  }

  deinit { release() }
}
