/// The middles of intervals after moving them apart: no two overlap, all lie within `range`, and the sum of the squared moves is
/// as small as possible. `range` must be long enough for all. The intervals keep their order by middle, and neighbours whose
/// middles are at most `closeness` apart keep the order in which they are given.
package func dodged(
  middles: [Double], lengths: [Double], within range: ClosedRange<Double>, closeness: Double = 0
) -> [Double] {
  var order: [Int] = [], cluster: [Int] = []
  for index in middles.indices.sorted(by: { (middles[$0], $0) < (middles[$1], $1) }) {
    if let last = cluster.last, middles[index] - middles[last] > closeness {
      order += cluster.sorted()
      cluster = []
    }
    cluster.append(index)
  }
  order += cluster.sorted()
  // Blocks of intervals that touch. A block starts at the mean of the starts that its members want.
  var blocks: [(members: [Int], length: Double, wanted: Double)] = []
  func start(_ block: (members: [Int], length: Double, wanted: Double)) -> Double {
    min(max(block.wanted / Double(block.members.count), range.lowerBound), range.upperBound - block.length)
  }
  for index in order {
    var block = (members: [index], length: lengths[index], wanted: middles[index] - lengths[index] / 2)
    while let last = blocks.last, start(last) + last.length > start(block) {
      blocks.removeLast()
      block = (
        last.members + block.members, last.length + block.length,
        last.wanted + block.wanted - Double(block.members.count) * last.length
      )
    }
    blocks.append(block)
  }
  var moved = middles
  for block in blocks {
    var top = start(block)
    for index in block.members {
      moved[index] = top + lengths[index] / 2
      top += lengths[index]
    }
  }
  return moved
}
