import RunFile
import Support

/// Fires when predictions and targets of a loss have shapes that broadcast against each other, such as [n] and [n, 1], so that each prediction
/// is compared with the targets of all samples. Losses of this library refuse such shapes.
struct BroadcastShapesRule: Rule {
  let name = "broadcast shapes"
  let stage = RuleStage.setup
  let principle =
    "Compares the shapes of predictions and targets. Shapes such as [n] and [n, 1] broadcast to [n, n], so that "
    + "each prediction is compared with the targets of all samples."
  let source = "PyTorch, warning of mse_loss"

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.missingTargets }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    guard evidence.task.kind != .classes, let shapes = evidence.facts.json(.shapes, of: .loss, as: [[Int]].self),
      shapes.count == 2, shapes[0] != shapes[1], shapes.allSatisfy({ !$0.isEmpty })
    else { return [] }
    guard evidence.facts.text(.function, of: .loss) != "crossEntropy", let common = broadcast(shapes[0], shapes[1])
    else { return [] }
    let compared = common.reduce(1, *), wanted = shapes.map { $0.reduce(1, *) }.max()!
    guard compared > wanted else { return [] }
    return found(
      evidence.isStuck || evidence.barelyLearns ? .failure : .warning,
      "predictions of shape \(shapes[0]) and targets of shape \(shapes[1]) are broadcast: \(compared) differences instead of \(wanted)",
      steps: evidence.allSteps, measured: Double(compared), limit: Double(wanted), unit: "differences",
      cause: "each prediction is compared with the targets of all samples, so the best output is their mean",
      remedies: ["give both the shape \(shapes[0]): reshape the targets before the loss"], chart: "loss")
  }

  /// The shape to which both broadcast; nil if they don't.
  private func broadcast(_ a: [Int], _ b: [Int]) -> [Int]? {
    let rank = max(a.count, b.count)
    let (left, right) = ([Int](repeating: 1, count: rank - a.count) + a, [Int](repeating: 1, count: rank - b.count) + b)
    guard zip(left, right).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 }) else { return nil }
    return zip(left, right).map { max($0, $1) }
  }
}
