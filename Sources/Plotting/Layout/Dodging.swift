/// Moves intervals along a line as little as possible (in the sum of squares) so that none overlaps another and all lie
/// within `range`, which they must fit. Their order by middle is kept; those whose middles follow within `closeness` of each
/// other keep the order in which they are given.
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
  // Blocks of intervals that touch; a block's start is the mean of what its members would like it to be.
  var blocks: [(members: [Int], length: Double, wish: Double)] = []
  func start(_ block: (members: [Int], length: Double, wish: Double)) -> Double {
    min(max(block.wish / Double(block.members.count), range.lowerBound), range.upperBound - block.length)
  }
  for index in order {
    var block = (members: [index], length: lengths[index], wish: middles[index] - lengths[index] / 2)
    while let last = blocks.last, start(last) + last.length > start(block) {
      blocks.removeLast()
      block = (
        last.members + block.members, last.length + block.length,
        last.wish + block.wish - Double(block.members.count) * last.length
      )
    }
    blocks.append(block)
  }
  var placed = middles
  for block in blocks {
    var top = start(block)
    for index in block.members {
      placed[index] = top + lengths[index] / 2
      top += lengths[index]
    }
  }
  return placed
}
