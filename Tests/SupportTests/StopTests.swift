import Foundation
import Support
import Testing

@Suite struct StopTests {
  /// A handler of SIGABRT stands for the one of Swift's runtime, which prints registers and a trace.
  @Test func onlyTheMessageIsPrinted() async {
    let result = await #expect(processExitsWith: .signal(SIGABRT), observing: [\.standardErrorContent]) {
      for number in [SIGABRT, SIGILL, SIGTRAP] {
        signal(number) { _ in
          write(STDERR_FILENO, "registers", 9)
          _exit(3)
        }
      }
      stop("matmul", "shapes [2, 3] and [2, 3] don't fit", in: "blocks.3")
    }
    #expect(
      String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        == "Fatal error: matmul in blocks.3: shapes [2, 3] and [2, 3] don't fit\n")
  }
}
