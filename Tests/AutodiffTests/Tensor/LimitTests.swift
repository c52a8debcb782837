import Autodiff
import Foundation
import Testing

/// What happens where a shape or its memory is too large.
@Suite struct LimitTests {
  private static let most = Int(Int32.max)

  @Test func shapesOfTooManyElementsStopAndNameTheShape() async {
    let results = [
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Shape([LimitTests.most, LimitTests.most, LimitTests.most])
      },
      // Its bytes could not be counted.
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Shape([LimitTests.most, LimitTests.most])
      },
      // Its strides could not be counted.
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Shape([0, LimitTests.most, LimitTests.most, LimitTests.most])
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Shape(rows: LimitTests.most, columns: LimitTests.most)
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Shape([1, LimitTests.most, 1 << 20]).replacingFirst(by: LimitTests.most)
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor(1).reshaped(LimitTests.most, LimitTests.most, LimitTests.most, -1)
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor([1], shape: [1, 1]).broadcast(to: [LimitTests.most, LimitTests.most])
      },
    ]
    let shapes = [
      "[2147483647, 2147483647, 2147483647]", "[2147483647, 2147483647]", "[0, 2147483647, 2147483647, 2147483647]",
      "[2147483647, 2147483647]", "[2147483647, 2147483647, 1048576]", "[2147483647, 2147483647, 2147483647]",
      "[2147483647, 2147483647]",
    ]
    for (result, shape) in zip(results, shapes) {
      #expect(text(result) == "Fatal error: Shape: \(shape) has more than 2⁶⁰ elements; check its sizes\n")
    }
  }

  @Test func theLargestShapesCanBeDescribed() {
    #expect(Shape([1 << 30, 1 << 30]).elementCount == 1 << 60)
    #expect(Shape([0, 1 << 30, 1 << 30]).elementCount == 0)
    #expect(Shape([0, 1 << 30, 1 << 30]).strides == [1 << 60, 1 << 30, 1])
  }

  @Test func sizesOutOfRangeNameTheShape() async {
    let size = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = Shape([2, -1, 3]) }
    #expect(text(size).contains("Shape: [2, -1, 3] has the size -1 in dimension 1"))
    let stride = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor(repeating: 0, shape: [1, 4, 4, 1]), weight = Tensor(repeating: 0, shape: [1, 1, 2, 2])
      _ = convolve(x, weight: weight, padding: Int.max)
    }
    #expect(text(stride).contains("padding \(Int.max)"))
    let zeros = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor(repeating: 0, shape: [2, 3]).padded(0, before: .max, after: .max)
    }
    #expect(text(zeros).contains("padded: \(Int.max) and \(Int.max) zeros; their numbers must be from 0 to 2147483647"))
    let pooling = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = maxPool(Tensor(repeating: 0, shape: [1, 4, 4, 1]), kernelSize: 2, padding: Int.max)
    }
    #expect(text(pooling).contains("maxPool: kernelSize 2"))
  }

  /// More memory than processors can address, so that no machine has it; and a limit, so that small blocks fail.
  @Test func outOfMemoryNamesTensorBytesAndSetting() async {
    let advice =
      "use a smaller batch size, or keep fewer activations by `checkpointed { }` around blocks of the model\n"
    let large = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let kept = Tensor(repeating: 1, shape: [1000])
      withExtendedLifetime(kept) { _ = Tensor(repeating: 1, shape: [1 << 30, 1 << 24]) }
    }
    #expect(
      text(large)
        == "Fatal error: out of memory: a tensor of shape [1073741824, 16777216] needs 72057594037927936 bytes, and the "
        + "tensors of this thread hold 4000; " + advice)
    let small = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[0]
      let limit = rlim_t(Int(pages)! * sysconf(Int32(_SC_PAGESIZE)) + 64 << 20)
      var limits = rlimit(rlim_cur: limit, rlim_max: limit)
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits) == 0)
      var kept: [Tensor] = []
      while true { kept.append(Tensor(repeating: 1, shape: [64, 1024])) }
    }
    #expect(text(small).contains("out of memory: a tensor of shape [64, 1024] needs 262144 bytes"), "\(text(small))")
    #expect(text(small).hasSuffix(advice))
  }

  private func text(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }
}
