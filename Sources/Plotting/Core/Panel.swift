/// One plot area with its axes, marks and labels.
public struct Panel: Sendable {
  /// What stands above it; empty for nothing.
  public var title: String
  /// What stands under its title, smaller.
  public var detail: String
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis
  /// What is drawn, in this order.
  public var marks: [any Mark]
  /// Labels at places in the plot area.
  public var notes: [Annotation]
  /// Labels right of the plot area, each at the height of a value.
  public var directLabels: [DirectLabel]
  /// What inks mean, above the plot area.
  public var legend: [LegendEntry]
  /// What cells' colours mean, right of the plot area.
  public var colorBar: ColorBar?

  /// A panel made of its parts.
  public init(
    title: String = "", detail: String = "", x: Axis, y: Axis, marks: [any Mark] = [], notes: [Annotation] = [],
    directLabels: [DirectLabel] = [], legend: [LegendEntry] = [], colorBar: ColorBar? = nil
  ) {
    self.title = title
    self.detail = detail
    self.x = x
    self.y = y
    self.marks = marks
    self.notes = notes
    self.directLabels = directLabels
    self.legend = legend
    self.colorBar = colorBar
  }

  /// The scales that show all marks.
  var scales: (x: Scale, y: Scale) {
    var extent = Extent()
    for mark in marks { mark.extend(&extent) }
    return (x.scale(showing: extent.x), y.scale(showing: extent.y))
  }
}

/// A dot with a label, put where it covers no other label; the dot stays where no place is left for the label.
public struct Annotation: Sendable, Hashable {
  /// The place.
  public var x, y: Double
  /// The label.
  public var text: String
  /// What both are drawn in.
  public var ink: ColorRole
  /// The dot's shape.
  public var shape: DotShape

  /// A note made of its parts.
  public init(x: Double, y: Double, text: String, ink: ColorRole, shape: DotShape = .cross) {
    self.x = x
    self.y = y
    self.text = text
    self.ink = ink
    self.shape = shape
  }
}

/// A label right of the plot area. Labels keep apart from each other; a thin line leads to the value where they had to move.
public struct DirectLabel: Sendable, Hashable {
  /// The value on the y axis; nil or one without a place puts the label where room is left.
  public var value: Double?
  /// The label.
  public var text: String
  /// What is said in a second, smaller line; empty for nothing.
  public var detail: String
  /// What the label is drawn in.
  public var ink: ColorRole
  /// How the legend shows it, where the labels have no room.
  public var sample: LegendEntry.Sample
  /// Whether a thin line leads from the plot area to the label; false where what is labelled ends before.
  public var hasLeader: Bool

  /// A label made of its parts.
  public init(
    at value: Double?, _ text: String, detail: String = "", ink: ColorRole,
    sample: LegendEntry.Sample = .line([], width: 2),
    hasLeader: Bool = true
  ) {
    self.value = value
    self.text = text
    self.detail = detail
    self.ink = ink
    self.sample = sample
    self.hasLeader = hasLeader
  }
}

/// What an ink means.
public struct LegendEntry: Sendable, Hashable {
  /// What is drawn in front of the words.
  public enum Sample: Sendable, Hashable {
    /// A line with this dash.
    case line([Double], width: Double)
    /// A filled box.
    case area
    /// A dot.
    case dot(DotShape)
    /// A dot on a line with this dash.
    case dottedLine([Double], DotShape)
  }

  /// The words.
  public var text: String
  /// The ink.
  public var ink: ColorRole
  /// What is drawn in it.
  public var sample: Sample

  /// An entry made of its parts.
  public init(_ text: String, ink: ColorRole, sample: Sample) {
    self.text = text
    self.ink = ink
    self.sample = sample
  }
}

/// What cells' colours mean.
public struct ColorBar: Sendable, Hashable {
  /// The colours and what they stand for.
  public var colors: ColorScale
  /// The quantity and its unit.
  public var title: String
  /// The kinds of cells without a number that need a swatch.
  public var kinds: [CellKind]
  /// Whether there are values below the colours' range.
  public var hasBelow: Bool
  /// Whether there are values above the colours' range.
  public var hasAbove: Bool

  /// A key made of its parts.
  public init(
    _ colors: ColorScale, title: String, kinds: [CellKind] = [], hasBelow: Bool = false, hasAbove: Bool = false
  ) {
    self.colors = colors
    self.title = title
    self.kinds = kinds
    self.hasBelow = hasBelow
    self.hasAbove = hasAbove
  }
}
