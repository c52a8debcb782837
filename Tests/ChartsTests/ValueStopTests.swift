import Charts
import Foundation
import Testing

/// Values that do not belong together stop the program with a message that names the type and the problem.
@Suite struct ValueStopTests {
  private func message(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }

  @Test func countsThatDiffer() async {
    let surface = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LossSurface(name: "a", x: [0, 1], y: [0, 1], losses: [1, 2, 3])
    }
    #expect(message(surface).contains("LossSurface: 2 × 2 positions need as many losses, not 3"))
    let image = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SaliencyImage(title: "a", width: 2, pixels: [0, 0, 0], saliency: [0, 0, 0])
    }
    #expect(message(image).contains("SaliencyImage: rows of 2 pixels need a multiple of 2 pixels"))
  }

  @Test func graphsThatCanNotBeDrawn() async {
    let edge = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ComputationGraph(nodes: [.init("a")], edges: [.init(from: 0, to: 1)])
    }
    #expect(
      message(edge).contains(
        "ComputationGraph: the edge from 0 to 1 has no such nodes; the graph has 1 node, counted from 0"))
    let cycle = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Chart.computationGraph(
        ComputationGraph(nodes: [.init("a"), .init("b")], edges: [.init(from: 0, to: 1), .init(from: 1, to: 0)]))
    }
    #expect(message(cycle).contains("Chart.computationGraph: the edges form a cycle"))
  }
}
