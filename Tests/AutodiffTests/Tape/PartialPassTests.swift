import Autodiff
import Testing

/// `gradients(of:withRespectTo:)` visits only what lies between, and hooks of leaves are called as soon as their gradient is complete.
@Suite struct PartialPassTests {
  private final class Log { var names: [String] = [] }

  /// x, and a record of each backward pass through it.
  private func noted(_ x: Tensor, _ name: String, in log: Log) -> Tensor {
    customOperation(name, [x]) {
      $0[0]
    } backward: { gradient, _, _ in
      log.names.append(name)
      return [gradient]
    }
  }

  @Test func onlyWhatLiesBetweenIsVisited() {
    let log = Log()
    let x = Tensor(2).requiringGradient(), w = Tensor(3).requiringGradient(), v = Tensor(5).requiringGradient()
    let a = noted(x, "a", in: log)
    let b = noted(a * noted(w, "w", in: log), "b", in: log)
    let c = noted(b * noted(v, "v", in: log), "c", in: log)
    func visited(_ inputs: [Tensor], _ expected: [Float]) -> [String] {
      log.names = []
      #expect(gradients(of: c, withRespectTo: inputs, keepingTape: true).map(\.value) == expected)
      return log.names
    }
    #expect(visited([v], [6]) == ["c", "v"])
    #expect(visited([b], [5]) == ["c"])
    #expect(visited([c], [1]) == [])
    #expect(visited([w], [10]) == ["c", "b", "w"])
    #expect(visited([a, v], [15, 6]) == ["c", "v", "b"])
    #expect(visited([x], [15]) == ["c", "b", "a"])
    #expect(visited([Tensor(1).requiringGradient()], [0]) == [])
    #expect(visited([], []) == [])
    #expect(x.gradient == nil)
    log.names = []
    c.backward()
    #expect(log.names == ["c", "v", "b", "w", "a"])
    #expect([x, w, v].map { $0.gradient!.value } == [15, 10, 6])
  }

  /// Products for weights that nobody asks for are not computed.
  @Test func gradientsThatAreNotWantedAreNotComputed() {
    let x = Tensor(repeating: 1, shape: [4, 4]).requiringGradient()
    let weights = (0..<3).map { _ in Tensor(repeating: 0.5, shape: [4, 4]).requiringGradient() }
    let output = weights.reduce(x) { linear($0, weight: $1) }.sum()
    var reached = 0
    for weight in weights {
      weight.onGradient { _ in
        reached += 1; return nil
      }
    }
    let found = gradients(of: output, withRespectTo: [x], keepingTape: true)
    #expect(reached == 0 && found[0].values == [Float](repeating: 8, count: 16))
    _ = gradients(of: output, withRespectTo: [weights[1]])
    #expect(reached == 1)
  }

  @Test(arguments: [false, true]) func checkpointsArePartOfIt(_ isNested: Bool) {
    let x = Tensor(2).requiringGradient(), w = Tensor(3).requiringGradient()
    let hidden = x * 5
    let output = checkpointed { isNested ? w * checkpointed { w * hidden } : w * w * hidden }
    #expect(gradients(of: output, withRespectTo: [w, hidden, x]).map(\.value) == [60, 9, 45])
  }

  /// With gradients of gradients, the graph of the first pass is part of the second.
  @Test func gradientsOfGradients() {
    let x = Tensor(2).requiringGradient(), w = Tensor(3).requiringGradient()
    let first = gradients(of: x * x * x * w, withRespectTo: [x], keepingTape: true)[0]
    #expect(gradients(of: first, withRespectTo: [x, w]).map(\.value) == [36, 12])
  }

  @Test func hooksOfLeavesAreCalledAsSoonAsTheGradientIsComplete() {
    let log = Log()
    let leaves = (0..<3).map { _ in Tensor(2).requiringGradient() }
    for (index, leaf) in leaves.enumerated() {
      leaf.onGradient { _ in
        log.names.append("leaf \(index)")
        return nil
      }
    }
    func loss(_ order: [Int]) -> Tensor {
      order.enumerated().reduce(Tensor(1)) { noted($0 * leaves[$1.element], "\($1.offset)", in: log) }
    }
    loss([0, 1, 2]).backward()
    // The first product's other factor is data, so what comes before is not on the tape.
    #expect(log.names == ["2", "leaf 2", "1", "leaf 1", "0", "leaf 0"])
    log.names = []
    // One that is used early and late is complete at the end.
    loss([0, 1, 0, 2]).backward()
    #expect(log.names == ["3", "leaf 2", "2", "1", "leaf 1", "0", "leaf 0"])
    #expect(leaves.map { $0.gradient!.value } == [20, 12, 12])
  }

  /// What the body of a checkpoint uses is unknown until it is computed again.
  @Test func hooksOfLeavesWaitForCheckpoints() {
    let log = Log(), x = Tensor(2).requiringGradient(), y = Tensor(3).requiringGradient()
    for (name, leaf) in [("x", x), ("y", y)] {
      leaf.onGradient {
        log.names.append("\(name) \($0.value)")
        return nil
      }
    }
    let inner = checkpointed { self.noted(x * y, "inner", in: log) }
    noted(inner * y, "outer", in: log).backward()
    #expect(log.names == ["outer", "inner", "y 12.0", "x 9.0"])
  }

  /// A branch of the tape that no gradient reaches must not hold back a hook for ever.
  @Test func hooksOfLeavesAreCalledWhereAPathHasNoGradient() {
    let x = Tensor(2).requiringGradient()
    var seen: [Float] = []
    x.onGradient {
      seen.append($0.value)
      return nil
    }
    let blocked = customOperation("blocked", [x * 7]) {
      $0[0]
    } backward: { _, _, _ in
      [nil]
    }
    (x + blocked).backward()
    #expect(seen == [1])
  }
}
