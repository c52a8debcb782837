import Rheoscope

/// The cost of denormal numbers: a step through ten thousand layers of random weights, which produces many, with denormals kept and
/// flushed to 0.
func denormals(threads: Int, _ report: (Measurement) -> Void) {
  func milliseconds() -> Double {
    let training = Training(tower(10_000, .heNormal), 64) { SGD($0, learningRate: 1e-6) }
    return bestOfThree { training.step() }
  }
  let kept = milliseconds(), flushed = withDenormalsFlushed(milliseconds)
  report(Measurement(workload: "tower-10000 of random weights", threads: threads, milliseconds: kept))
  report(Measurement(workload: "tower-10000, denormals flushed", threads: threads, milliseconds: flushed))
  report(Measurement(workload: "tower-10000, kept to flushed", threads: threads, value: kept / flushed, unit: "×"))
}
