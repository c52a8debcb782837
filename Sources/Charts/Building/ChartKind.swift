import Plotting
import RunFile

/// A chart by name, for the flag `--chart` of `rheoscope render`.
public struct ChartKind: Sendable {
  /// Its name on the command line.
  public let name: String
  /// What it shows, in one line.
  public let summary: String
  /// Whether it has steps along an axis, and so shows the marks of `ChartOptions`.
  public let showsMarks: Bool
  private let draw: @Sendable ([Run], ChartOptions) throws -> Figure

  /// Draws it from one run or several. Throws a `ChartError` where nothing that it shows is recorded.
  public func figure(_ source: some RunSource, _ options: ChartOptions = ChartOptions()) throws -> Figure {
    try draw(source.runs, options)
  }

  private init(
    name: String, summary: String, showsMarks: Bool = false,
    draw: @escaping @Sendable ([Run], ChartOptions) throws -> Figure
  ) {
    self.name = name
    self.summary = summary
    self.showsMarks = showsMarks
    self.draw = draw
  }

  /// The chart of a measure, `Chart.measure`; its name is the measure's.
  public static func measure(_ name: MeasureName) -> ChartKind {
    ChartKind(
      name: name.rawValue, summary: "the measure \(name) of layers or of the whole model, over steps", showsMarks: true
    ) {
      try Chart.measure(name, of: $0, $1)
    }
  }

  /// The chart of a scalar, `Chart.scalar`; its name is the scalar's.
  public static func scalar(_ name: String) -> ChartKind {
    ChartKind(name: name, summary: "the scalar \(name) over steps, median and band over seeds", showsMarks: true) {
      try Chart.scalar(name, of: $0, $1)
    }
  }

  /// All charts that `render --list` shows. The function of a chart has its name: `gradient-flow` is `Chart.gradientFlow`.
  public static let all = [
    ChartKind(name: "loss", summary: "training loss over steps, median and band over seeds", showsMarks: true) {
      try Chart.loss(of: $0, $1)
    },
    ChartKind(name: "accuracy", summary: "training accuracy over steps, median and band over seeds", showsMarks: true) {
      try Chart.accuracy(of: $0, $1)
    },
    ChartKind(
      name: "gradient-flow", summary: "heatmap of the gradient's size, layers × steps, one panel per variant",
      showsMarks: true
    ) {
      try Chart.gradientFlow(of: $0, $1)
    },
    ChartKind(name: "weight-gradients", summary: "the same of the gradients of weights", showsMarks: true) {
      try Chart.weightGradients(of: $0, $1)
    },
    ChartKind(name: "updates", summary: "the same of what the optimizer changed", showsMarks: true) {
      try Chart.updates(of: $0, $1)
    },
    ChartKind(
      name: "gradient-profile", summary: "the gradient's size over depth at the first step, with its factor per layer"
    ) {
      try Chart.gradientProfile(of: $0, $1)
    },
    ChartKind(name: "gradient-strip", summary: "gradient flow at a glance: one row per variant, input to output") {
      try Chart.gradientStrip(of: $0, $1)
    },
    ChartKind(
      name: "activations", summary: "heatmaps of activations: mean, spread, zero and saturated fractions",
      showsMarks: true
    ) {
      try Chart.activations(of: $0, $1)
    },
    ChartKind(name: "update-ratio", summary: "‖ΔW‖ / ‖W‖ over steps, with a line at 10⁻³") {
      try Chart.updateRatio(of: $0, $1)
    },
    ChartKind(
      name: "distributions", summary: "how activations are distributed over steps, one panel per layer, in colours"
    ) {
      try Chart.distributions(of: $0, $1)
    },
    ChartKind(name: "distribution-ridges", summary: "the same as ridges, one per step") {
      try Chart.distributionRidges(of: $0, $1)
    },
    ChartKind(name: "gradient-distributions", summary: "how gradients are distributed over steps, in colours") {
      try Chart.gradientDistributions(of: $0, $1)
    },
    ChartKind(name: "weight-distributions", summary: "how weights are distributed over steps, in colours") {
      try Chart.weightDistributions(of: $0, $1)
    },
    ChartKind(name: "gradient-noise", summary: "gradient noise scale and signal-to-noise ratio over steps") {
      try Chart.gradientNoise(of: $0, $1)
    },
    ChartKind(
      name: "convergence", summary: "similarity of each layer to the trained layer, layers × steps", showsMarks: true
    ) {
      try Chart.convergence(of: $0, $1)
    },
    ChartKind(
      name: "dead-and-saturated", summary: "fractions of dead, zero and saturated units, layers × steps",
      showsMarks: true
    ) {
      try Chart.deadAndSaturated(of: $0, $1)
    },
    ChartKind(name: "learning-rates", summary: "‖ΔW‖ / ‖W‖ of each layer, layers × learning rates") {
      try Chart.learningRates(of: $0, $1)
    },
    ChartKind(
      name: "dashboard", summary: "one page on a run, or on an experiment's variants and seeds", showsMarks: true
    ) {
      try Chart.dashboard(of: $0, $1)
    },
    ChartKind(name: "comparison", summary: "log₂ of one variant's gradients over another's, layers × steps") {
      try Chart.comparison(of: $0, $1)
    },
  ]
}
