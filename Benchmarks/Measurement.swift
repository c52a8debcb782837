import Foundation

/// One line of a benchmark's result, printed as the peers print theirs.
struct Measurement: Codable {
  var peer = "rheoscope"
  let workload: String
  var recorded: Bool?
  let threads: Int
  /// The best of five rounds' mean milliseconds per step.
  var milliseconds: Double?
  /// The measured value where it is no time per step: bytes, a ratio, seconds, as `unit` says.
  var value: Double?
  var unit: String?

  enum CodingKeys: String, CodingKey {
    case peer, workload, recorded, threads, value, unit
    case milliseconds = "ms_per_step"
  }

  /// The line as JSON.
  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try! encoder.encode(self), as: UTF8.self)
  }

  /// The line for reading.
  var words: String {
    let name = workload + (recorded == true ? ", recorded" : "")
    let number =
      milliseconds.map { String(format: "%10.3f ms", $0) } ?? String(format: "%10.3f", value ?? .nan) + " \(unit ?? "")"
    return name.padding(toLength: 34, withPad: " ", startingAt: 0) + number
      + "  \(threads) thread\(threads == 1 ? "" : "s")"
  }
}

/// The best of five rounds' mean milliseconds per step, after four steps of warm-up; `cost` is relative to 50×64×64. The peers
/// measure in the same way.
func bestMilliseconds(cost: Double, _ step: () throws -> Void) rethrows -> Double {
  let count = max(3, Int(150 / pow(cost, 0.8)))
  for _ in 0..<4 { try step() }
  var best = Double.infinity
  for _ in 0..<5 {
    let start = ContinuousClock.now
    for _ in 0..<count { try step() }
    best = min(best, (ContinuousClock.now - start).milliseconds / Double(count))
  }
  return best
}

extension Duration {
  var milliseconds: Double { Double(components.seconds) * 1e3 + Double(components.attoseconds) * 1e-15 }
}
