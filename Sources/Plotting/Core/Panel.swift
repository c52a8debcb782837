/// One plot area with its axes, marks and labels.
public struct Panel: Sendable {
  /// The title above the plot area; empty for none.
  public var title: String
  /// A second, smaller text below the title; empty for none.
  public var detail: String
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis
  /// The marks; later ones cover earlier ones.
  public var marks: [any Mark]
  /// Labelled points inside the plot area.
  public var annotations: [Annotation]
  /// Labels to the right of the plot area, each at the height of a value.
  public var directLabels: [DirectLabel]
  /// The legend above the plot area.
  public var legend: [LegendEntry]
  /// The colour bar to the right of the plot area; nil for none.
  public var colorBar: ColorBar?

  /// A panel with two axes; without marks and labels by default.
  public init(
    title: String = "", detail: String = "", x: Axis, y: Axis, marks: [any Mark] = [], annotations: [Annotation] = [],
    directLabels: [DirectLabel] = [], legend: [LegendEntry] = [], colorBar: ColorBar? = nil
  ) {
    self.title = title
    self.detail = detail
    self.x = x
    self.y = y
    self.marks = marks
    self.annotations = annotations
    self.directLabels = directLabels
    self.legend = legend
    self.colorBar = colorBar
  }

  /// The scales that show all marks.
  var scales: (x: Scale, y: Scale) {
    var limits = DataLimits()
    for mark in marks { mark.extend(&limits) }
    return (x.scale(showing: limits.x), y.scale(showing: limits.y))
  }
}
