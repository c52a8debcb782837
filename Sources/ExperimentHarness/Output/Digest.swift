import Foundation

/// The SHA-256 of bytes, as 64 hexadecimal digits.
///
/// Source: National Institute of Standards and Technology, "Secure Hash Standard", 2015, FIPS 180-4.
package func digest(of data: Data) -> String {
  var message = [UInt8](data)
  let bits = UInt64(message.count) * 8
  message.append(0x80)
  message += [UInt8](repeating: 0, count: (120 - message.count % 64) % 64)
  message += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) }
  var state = initialState
  var words = [UInt32](repeating: 0, count: 64)
  for block in stride(from: 0, to: message.count, by: 64) {
    for i in 0..<16 { words[i] = (0..<4).reduce(0) { $0 << 8 | UInt32(message[block + 4 * i + $1]) } }
    for i in 16..<64 {
      let (a, b) = (words[i - 15], words[i - 2])
      let low = rotated(a, 7) ^ rotated(a, 18) ^ (a >> 3), high = rotated(b, 17) ^ rotated(b, 19) ^ (b >> 10)
      words[i] = words[i - 16] &+ low &+ words[i - 7] &+ high
    }
    var s = state
    for i in 0..<64 {
      let choice = (s[4] & s[5]) ^ (~s[4] & s[6]), majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2])
      let first =
        s[7] &+ (rotated(s[4], 6) ^ rotated(s[4], 11) ^ rotated(s[4], 25)) &+ choice &+ constants[i] &+ words[i]
      let second = (rotated(s[0], 2) ^ rotated(s[0], 13) ^ rotated(s[0], 22)) &+ majority
      (s[7], s[6], s[5], s[4]) = (s[6], s[5], s[4], s[3] &+ first)
      (s[3], s[2], s[1], s[0]) = (s[2], s[1], s[0], first &+ second)
    }
    for i in 0..<8 { state[i] &+= s[i] }
  }
  return state.map { String(format: "%08x", $0) }.joined()
}

/// The SHA-256 of each file of results in a folder and its subfolders, by its path in the folder, but of the manifest, which will hold them. A
/// run that was killed after it had written that is resumed. Throws where the folder can't be read.
func digests(ofFilesIn folder: String) throws -> [String: String] {
  var digests: [String: String] = [:]
  for path in try FileManager.default.subpathsOfDirectory(atPath: folder)
  where path != "manifest.json" && !TrialFiles.areOfUnfinishedRun(path) {
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(path)") else { continue }
    digests[path] = digest(of: data)
  }
  return digests
}

private func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

private let primes = (2...311).filter { number in !(2..<number).contains { number % $0 == 0 } }

/// The first 32 fractional bits of the square roots of the first eight primes.
private let initialState = primes.prefix(8).map { fractionalBits(Double($0).squareRoot()) }
/// The first 32 fractional bits of the cube roots of the first 64 primes.
private let constants = primes.prefix(64).map { fractionalBits(cbrt(Double($0))) }

private func fractionalBits(_ root: Double) -> UInt32 { UInt32((root - root.rounded(.down)) * 4_294_967_296) }
