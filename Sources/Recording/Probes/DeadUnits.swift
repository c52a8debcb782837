import Autodiff
import NeuralNetworks
import RunFile
import Support

/// The fraction of a layer's units whose output was 0 for every sample of the last recorded steps: `dead_fraction`. A single batch is
/// not enough evidence, so the probe uses a window of steps.
///
/// It observes ReLU modules, hook points and tensors given to `Recorder.observe`, which may be the output of a ReLU. A unit is an index
/// of the last dimension. It is dead if its output is 0 in all passes of all steps of the window. Nothing is recorded before the window
/// is full. Outputs whose number of units differs from the layer's first are left out, with a warning.
public struct DeadUnits: Probe {
  /// The description of the measure.
  public let about = ProbeDescription(
    name: MeasureName.deadFraction.rawValue,
    quantity: "units with output 0 for all samples of a window of recorded steps / units",
    unit: "1",
    cost: "one pass over each output", source: "Lu et al. 2019, arXiv:1903.06733; limits in SageMaker Debugger")

  private let window: Int
  private struct Units {
    /// The number of recorded steps in which the layer was called.
    var stepCount = 0
    /// The last of them.
    var step = -1
    /// The value of `stepCount` at each unit's last output other than 0.
    var lastActive: [Int64]
  }
  private var units: [Int: Units] = [:]
  private var pathWithOtherWidth: String?

  /// A probe with a window of `window` recorded steps; 50 by default. Stops the program if it is below 1.
  public init(window: Int = 50) {
    guard window >= 1 else { stop("DeadUnits", "the window is \(window) steps; it must be 1 or more") }
    self.window = window
  }

  /// Records `dead_fraction` once the window is full; `output` has any shape, with the units last.
  public mutating func observe(output: Tensor, of layer: ProbedLayer, into results: inout ProbeOutput) {
    guard layer.mayBeRectified, let columns = output.shape.last, output.elementCount > 0 else { return }
    var state = units.removeValue(forKey: layer.index) ?? Units(lastActive: Array(repeating: 0, count: columns))
    defer { units[layer.index] = state }
    guard state.lastActive.count == columns else {
      pathWithOtherWidth = layer.path
      return
    }
    if state.step != results.row.step { (state.step, state.stepCount) = (results.row.step, state.stepCount + 1) }
    output.markActiveColumns(at: Int64(state.stepCount), in: &state.lastActive)
    if state.stepCount >= window {
      let dead = state.lastActive.count { $0 <= Int64(state.stepCount - window) }
      results.record(.deadFraction, Double(dead) / Double(columns))
    }
  }

  /// Warns of outputs that were left out.
  public func stepDidEnd(_ step: ProbedStep, into results: inout ProbeOutput) {
    step.warnOfOtherWidth(about.name, at: pathWithOtherWidth)
  }

  /// Adds when each unit was active last.
  public func save(to state: inout SavedState, _ layers: [ProbedLayer]) {
    for (index, units) in units {
      state.numbers["\(index)"] = [Double(units.stepCount), Double(units.step)] + units.lastActive.map { Double($0) }
    }
  }

  /// Takes over what `save` added. Throws a `SavedStateError` if that is not what it can be.
  public mutating func restore(from state: SavedState, _ layers: [ProbedLayer]) throws {
    for layer in layers {
      let counts = try state.counts("\(layer.index)")
      guard !counts.isEmpty else { continue }
      // `record` takes as many units as the layer's first output had.
      guard counts.count == 2 + (layer.shape.last ?? 0) else {
        throw SavedStateError(problem: "“\(layer.index)” has \(counts.count - 2) units, not \(layer.shape.last ?? 0)")
      }
      units[layer.index] = Units(
        stepCount: counts[0], step: counts[1], lastActive: counts.dropFirst(2).map { Int64($0) })
    }
  }
}

extension ProbedStep {
  /// Warns of a layer whose outputs differ in their number of units.
  func warnOfOtherWidth(_ name: String, at path: String?) {
    if let path {
      warn("\(name) leaves out outputs of \(path) whose number of units differs from that of its first output")
    }
  }
}

extension ProbedLayer {
  /// Whether the output may be that of a ReLU.
  var mayBeRectified: Bool { module is ReLU || module is HookPoint }
}
