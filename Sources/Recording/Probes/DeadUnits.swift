import Autodiff
import NeuralNetworks
import RunFile

/// The fraction of a layer's units whose output has been 0 for every sample of the last recorded steps: `dead_fraction`. One
/// batch without output proves nothing; a window of them does.
///
/// Looks at ReLU modules, and at hook points and observed tensors, which may be a rectifier's; a unit is an index of the last
/// dimension, and dead if it is so in all passes of all steps of the window. Before the window is full nothing is noted. Tensors
/// with another number of units than the layer's first are left out, with a word.
public struct DeadUnits: Probe {
  /// What is measured.
  public let about = ProbeDescription(
    name: MeasureName.deadFraction.rawValue, quantity: "units with output 0 for all samples of a window of recorded steps / units",
    unit: "1",
    cost: "one pass over each output", source: "Lu et al. 2019, arXiv:1903.06733; limits in SageMaker Debugger")

  private let window: Int
  private struct Units {
    /// In how many steps the layer has been seen, and in which one last.
    var looks = 0
    var step = -1
    /// At which of them each unit was last active.
    var lastActive: [Int64]
  }
  private var units: [Int: Units] = [:]
  private var otherWidths: String?

  /// A probe whose window is so many recorded steps; 50 by default.
  public init(window: Int = 50) {
    guard window >= 1 else { fatalError("DeadUnits: a window of \(window) steps, it is 1 or more") }
    self.window = window
  }

  /// Notes `dead_fraction` once the window is full.
  public mutating func observe(output: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    guard layer.canBeSilent, let columns = output.shape.last, columns > 0 else { return }
    var seen = units.removeValue(forKey: layer.index) ?? Units(lastActive: Array(repeating: 0, count: columns))
    defer { units[layer.index] = seen }
    guard seen.lastActive.count == columns else {
      otherWidths = layer.path
      return
    }
    if seen.step != results.row.step { (seen.step, seen.looks) = (results.row.step, seen.looks + 1) }
    output.markActiveColumns(at: Int64(seen.looks), in: &seen.lastActive)
    if seen.looks >= window {
      let dead = seen.lastActive.count { $0 <= Int64(seen.looks - window) }
      results.record(.deadFraction, Double(dead) / Double(columns))
    }
  }

  /// Tells what was left out.
  public func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    step.warnOfOtherWidths(about.name, at: otherWidths)
  }
}

extension ProbedStep {
  /// Tells of a layer whose outputs differ in the number of units.
  func warnOfOtherWidths(_ name: String, at path: String?) {
    if let path { warn("\(name) leaves out outputs of \(path) that have another number of units than its first") }
  }
}

extension ProbedLayer {
  /// Whether outputs may be exactly 0 over a range of inputs.
  var canBeSilent: Bool { module is ReLU || module is HookPoint }
}
