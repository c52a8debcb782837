import Foundation
import Support
import Synchronization
import TestSupport
import Testing

@Suite struct LeaseTests {
  /// The file of another process, renewed `age` seconds ago.
  private func writeLease(_ path: String, of process: String, age: Double) throws {
    try Data("0123456789abcdef\n\(process)\nelsewhere\n".utf8).write(to: URL(filePath: path))
    let time = Date().timeIntervalSince1970 - age, whole = time.rounded(.down)
    let stamp = timespec(tv_sec: Int(whole), tv_nsec: Int((time - whole) * 1e9))
    #expect(utimensat(AT_FDCWD, path, [stamp, stamp], 0) == 0)
  }

  /// A process of which nothing can be known here.
  private let foreign = "another-kernel_1_1"

  private func deadProcess() throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/true")
    try process.run()
    let number = process.processIdentifier
    process.waitUntilExit()
    return ProcessIdentity(number: number).text
  }

  @Test func oneHolderAtATime() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/lease"
      #expect(!Lease.isAlive(path) && Lease.holder(of: path) == nil)
      let lease = try #require(try Lease.claim(path))
      #expect(lease.isHeld && Lease.isAlive(path))
      #expect(Lease.holder(of: path)?.hasPrefix("process \(getpid()) on host ") == true)
      #expect(try Lease.claim(path) == nil)
      lease.release()
      #expect(!lease.isHeld && !Lease.isAlive(path))
      let rest = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(rest.isEmpty)
      _ = try #require(try Lease.claim(path))
      #expect(!Lease.isAlive(path), "deallocation releases it")
    }
  }

  /// A process of another kernel or namespace lives as long as its lease is renewed, whatever its number.
  @Test func theAgeDecidesOverOtherHosts() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/lease"
      for (age, isAlive) in [(0, true), (50, true), (70, false), (-50, true), (-7000, false)] as [(Double, Bool)] {
        try writeLease(path, of: foreign, age: age)
        #expect(Lease.isAlive(path) == isAlive, "\(age) s")
        #expect(try (Lease.claim(path) == nil) == isAlive, "\(age) s")
      }
      let rest = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(rest.isEmpty)
    }
  }

  @Test func theLeaseOfAnEndedProcessExpiresAtOnce() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/lease"
      try writeLease(path, of: deadProcess(), age: 0)
      #expect(!Lease.isAlive(path))
      #expect(try #require(try Lease.claim(path)).isHeld)
      // The number is in use, but by a process that started at another time.
      try writeLease(path, of: ProcessIdentity.current.text + "0", age: 0)
      #expect(!Lease.isAlive(path))
      try writeLease(path, of: ProcessIdentity.current.text, age: 0)
      #expect(Lease.isAlive(path))
    }
  }

  @Test func aFileThatIsNotCompleteIsAliveUntilItExpires() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/lease"
      for text in ["", "0123456789abcdef", "\u{0}\n\n\n", String(repeating: "x", count: 5000)] {
        try writeLease(path, of: foreign, age: 0)
        try Data(text.utf8).write(to: URL(filePath: path))
        #expect(Lease.isAlive(path) && Lease.holder(of: path) == nil)
        #expect(try Lease.claim(path) == nil)
        #expect(utimensat(AT_FDCWD, path, [timespec(), timespec()], 0) == 0)
        #expect(try Lease.claim(path)?.isHeld == true)
      }
    }
  }

  @Test func aLeaseIsRenewed() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/lease"
      let lease = try #require(try Lease.claim(path, renewedEvery: .milliseconds(20)))
      for _ in 0..<40 {
        usleep(100_000)
        #expect(Lease.isAlive(path, lifetime: .seconds(3)))
      }
      lease.release()
      // One that is not renewed.
      let lifetime = Duration.milliseconds(200)
      let idle = try #require(try Lease.claim(path, lifetime: lifetime, renewedEvery: .seconds(1000)))
      usleep(300_000)
      #expect(!Lease.isAlive(path, lifetime: lifetime))
      let other = try #require(try Lease.claim(path, lifetime: lifetime))
      #expect(!idle.isHeld && other.isHeld)
      idle.release()
      #expect(other.isHeld, "the former holder doesn't remove another's lease")
    }
  }

  @Test func oneOfManyRivalsWins() throws {
    try withTemporaryFolder { folder in
      for round in 0..<60 {
        let path = folder + "/lease\(round)"
        // Every third time there is none yet.
        if round % 3 > 0 { try writeLease(path, of: round % 3 == 1 ? foreign : deadProcess(), age: 100) }
        let leases = Mutex<[Lease]>([])
        DispatchQueue.concurrentPerform(iterations: 12) { _ in
          if let lease = try? Lease.claim(path) { leases.withLock { $0.append(lease) } }
        }
        let winners = leases.withLock { $0 }
        #expect(winners.count == 1)
        #expect(winners.allSatisfy { $0.isHeld })
      }
      let rest = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(rest.isEmpty)
    }
  }

  @Test func aRemovedFileEndsTheClaim() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a/lease"
      #expect(throws: POSIXError(.ENOENT)) { try Lease.claim(path) }
      try makeFolder(at: folder + "/a")
      let lease = try #require(try Lease.claim(path))
      try FileManager.default.removeItem(atPath: folder + "/a")
      #expect(!lease.isHeld)
      lease.release()
    }
  }

  @Test func whatIsNoFileIsRefusedAtOnce() throws {
    try withTemporaryFolder { folder in
      #expect(mkfifo(folder + "/pipe", 0o600) == 0)
      #expect(throws: POSIXError(.EINVAL)) { try Lease.claim(folder + "/pipe") }
      try makeFolder(at: folder + "/folder")
      #expect(throws: POSIXError(.EISDIR)) { try Lease.claim(folder + "/folder") }
      #expect(symlink(folder + "/target", folder + "/link") == 0)
      #expect(throws: POSIXError(.ELOOP)) { try Lease.claim(folder + "/link") }
      #expect(!FileManager.default.fileExists(atPath: folder + "/target"), "a link is not followed")
      #expect(!Lease.isAlive(folder + "/pipe") && !Lease.isAlive(folder + "/folder"))
    }
  }
}
