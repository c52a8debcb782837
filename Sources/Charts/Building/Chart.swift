import Plotting
import RunFile
import Support

/// Charts of recorded runs, and of values in memory. Each function takes one run or several and returns a figure to write or to show.
///
/// Runs with the same `variant` in their run file are seeds of it: curves show their median, heatmaps the first of them. The functions
/// have the names of `rheoscope render --chart`: `gradient-flow` is `gradientFlow`.
///
///     try Chart.gradientFlow(of: run).write(to: "gradient-flow.png")
///     try Chart.loss(of: [run, other]).write(to: "loss.svg")
public enum Chart {}

/// The part of the runs that a chart shows, and the smoothing of its curves.
public struct ChartOptions: Sendable, Hashable {
  /// The steps to show; nil shows all.
  public var steps: ClosedRange<Int>?
  /// A pattern for the paths of the layers to show, in which `*` is one component and `**` any number; nil shows all.
  public var layers: String?
  /// The smoothing weight w of curves, from 0 for none to below 1: each smoothed value is w times the one before it plus (1 − w) times
  /// the raw value, without the bias of the start. Nil, the default, is 0 below 120 steps and 1 − 60 / steps from there on.
  public var smoothing: Double?
  /// Steps that charts over steps mark; none by default.
  public var marks: [StepMark]

  /// Options that show all steps and layers, unless given.
  public init(steps: ClosedRange<Int>? = nil, layers: String? = nil, smoothing: Double? = nil, marks: [StepMark] = []) {
    self.steps = steps
    self.layers = layers
    self.smoothing = smoothing
    self.marks = marks
  }

  /// Whether the layer with this path is shown.
  public func shows(layer path: String) -> Bool { layers.map { PathPattern($0).matches(path) } ?? true }
}
