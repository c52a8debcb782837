import Rheoscope

extension Recipe {
  /// Makes the change that a remedy states in words, where it is one of the training loop, of the data or of a function of the net; false,
  /// and changes nothing, for any other.
  mutating func change(asSaidIn remedy: String) -> Bool {
    func says(_ phrase: String) -> Bool { remedy.contains(phrase) }
    if says("call optimizer.step() after loss.backward()") {
      takesSteps = true
    } else if says("outside of withoutGradients { }, and pass its output on as it is, not detached()") {
      obstacle = .nothing
    } else if says("call clearGradients() of the optimizer"), says("right before the backward pass of its own loss") {
      clearsGradients = true
    } else if says("minimize the loss itself") {
      loss = .usual
    } else if says("an operation with a slope, such as tanh") {
      obstacle = .tanh
    } else if says("draw samples in random order") {
      isSorted = false
    } else if says("remove the samples with missing values") {
      (nanShare, hasNaNTargets) = (0, false)
    } else if says("weigh classes by 1 / frequency") {
      weighsClasses = true
    } else if says("batches of 32 samples or more") {
      batch = 32
    } else if let step = remedy.firstMatch(of: /^end at step ([0-9]+)/).flatMap({ Int($0.1) }) {
      steps = step + 1
    } else if says("add a small number under the root: (x * x).sum() + 1e-12") {
      if case .pairs = procedure { procedure = .pairs(epsilon: 1e-12) } else { loss = .biasPenalty(epsilon: 1e-12) }
    } else if says("in place of softmax and logarithm") || says("in place of sigmoid and logarithm") {
      if case .binaryByHand = loss { loss = .binary } else { loss = .usual }
    } else if says("add a small number to the divisor, such as 1e-6") {
      obstacle = .shares(epsilon: 1e-6)
    } else if says("bfloat16 in place of float16") {
      precision = .bfloat16
    } else if says("a loss scaler: scaler.scaled(loss).backward()") {
      scalesLoss = true
      if let factor = remedy.firstMatch(of: /multiply the loss by ([0-9.e+-]+)/).flatMap({ Float($0.1) }) {
        lossFactor *= factor
      }
    } else {
      return false
    }
    return true
  }
}
