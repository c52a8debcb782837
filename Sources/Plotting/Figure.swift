/// A picture of one or more panels, without saying on what it is drawn.
public struct Figure: Sendable {
  /// In points.
  public var size: Size
  /// In bold above everything.
  public var title: String
  /// What the title's words rest on, in a sentence.
  public var subtitle = ""
  /// Row by row, all of one size.
  public var panels: [Panel]
  /// Panels in a row.
  public var columns = 1
  /// Whether panels of a row have one y axis, which only the first then shows.
  public var sharesY = false
  /// Lines above the panels that say what each series is.
  public var legend: [LegendEntry] = []
  /// To the right of the panels; nil for none.
  public var colorBar: ColorBar?
  /// What the reader must know to judge: number of runs, bands, smoothing.
  public var caption = ""
  /// The picture in words, from the data, for those who can't see it.
  public var description: String
  /// Colours and sizes.
  public var theme = Theme.light

  /// A figure of panels.
  public init(size: Size = Size(720, 440), title: String, panels: [Panel], description: String) {
    self.size = size
    self.title = title
    self.panels = panels
    self.description = description
  }
}

/// An area with two axes.
public struct Panel: Sendable {
  /// Above the panel; empty for none.
  public var title = ""
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis
  /// What is drawn, the first lowest.
  public var marks: [Mark]
  /// Words at the right ends of lines.
  public var endLabels: [EndLabel] = []

  /// A panel with its axes.
  public init(x: Axis, y: Axis, marks: [Mark]) {
    self.x = x
    self.y = y
    self.marks = marks
  }
}

/// One side of a panel.
public struct Axis: Sendable {
  /// What the axis measures.
  public var label: String
  /// Where values lie.
  public var scale: Scale
  /// Whether only whole numbers are marked.
  public var integers = false
  /// Marks with words instead of numbers; as many as fit are drawn.
  public var names: [(value: Double, label: String)]?
  /// What lies at the lower and the upper end.
  public var ends: (lower: String, upper: String)?
  /// Whether faint lines cross the panel at the marks.
  public var showsGrid = true

  /// An axis with a label.
  public init(_ label: String, _ scale: Scale) {
    self.label = label
    self.scale = scale
  }
}

/// A word at the end of a line, moved up or down where it would meet another.
public struct EndLabel: Sendable {
  /// The word.
  public var text: String
  /// The height of the line's end, or where the label should stand.
  public var y: Double
  /// Of the word.
  public var color: Color
  /// Whether it names a line of data, and not a reference.
  public var isBold: Bool

  /// A word at the height of a line’s end.
  public init(_ text: String, y: Double, color: Color, isBold: Bool = true) {
    self.text = text
    self.y = y
    self.color = color
    self.isBold = isBold
  }
}

/// A line of the legend.
public struct LegendEntry: Sendable {
  /// What the series is.
  public var text: String
  /// The series’ line.
  public var stroke: Stroke
  /// Whether the series is drawn with dots.
  public var hasDot: Bool

  /// A line of the legend.
  public init(_ text: String, _ stroke: Stroke, hasDot: Bool) {
    self.text = text
    self.stroke = stroke
    self.hasDot = hasDot
  }
}

/// What the colours of cells mean.
public struct ColorBar: Sendable {
  /// What the colours measure.
  public var label: String
  /// Colours and their limits.
  public var colors: ColorScale
  /// Kinds of values beside numbers that occur, each with its swatch.
  public var kinds: Set<ColorScale.Kind>

  /// A colour bar with a label.
  public init(_ label: String, _ colors: ColorScale, kinds: Set<ColorScale.Kind>) {
    self.label = label
    self.colors = colors
    self.kinds = kinds
  }
}
