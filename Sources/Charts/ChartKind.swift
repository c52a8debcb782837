import Plotting
import RunFile

/// A chart by name, as `rheoscope render --chart` knows it.
public struct ChartKind: Sendable {
  /// Its name on the command line.
  public let name: String
  /// One line on what it shows.
  public let summary: String
  /// Draws it.
  public let draw: @Sendable ([Run], ChartOptions) throws -> Figure

  /// Every chart that can be asked for by name.
  public static let all = [
    ChartKind(name: "loss", summary: "training loss over steps, median and band over seeds") {
      try Chart.lossCurves(of: $0, $1)
    },
    ChartKind(name: "gradient-flow", summary: "heatmap of the gradient's size, layers × steps, a panel a variant") {
      try Chart.gradientFlow(of: $0, $1)
    },
    ChartKind(
      name: "gradient-profile", summary: "the gradient's size over depth at the first step, with its factor a layer"
    ) {
      try Chart.gradientProfile(of: $0, $1)
    },
  ]
}
