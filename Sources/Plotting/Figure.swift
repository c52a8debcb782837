/// A picture of one or more panels, without saying on what it is drawn.
public struct Figure: Sendable {
  /// In points.
  public var size: Size
  public var title: String
  /// What the title's words rest on, in a sentence.
  public var subtitle = ""
  /// Row by row, all of one size.
  public var panels: [Panel]
  public var columns = 1
  /// Whether panels of a row have one y axis, which only the first then shows.
  public var sharesY = false
  public var legend: [LegendEntry] = []
  public var colorBar: ColorBar?
  /// What the reader must know to judge: number of runs, bands, smoothing.
  public var caption = ""
  /// The picture in words, from the data, for those who can't see it.
  public var description: String
  public var theme = Theme.light

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
  public var x: Axis
  public var y: Axis
  public var marks: [Mark]
  /// Words at the right ends of lines.
  public var endLabels: [EndLabel] = []

  public init(x: Axis, y: Axis, marks: [Mark]) {
    self.x = x
    self.y = y
    self.marks = marks
  }
}

/// One side of a panel.
public struct Axis: Sendable {
  public var label: String
  public var scale: Scale
  /// Whether only whole numbers are marked.
  public var integers = false
  /// Marks with words instead of numbers; as many as fit are drawn.
  public var names: [(value: Double, label: String)]?
  /// What lies at the lower and the upper end.
  public var ends: (lower: String, upper: String)?
  /// Whether faint lines cross the panel at the marks.
  public var showsGrid = true

  public init(_ label: String, _ scale: Scale) {
    self.label = label
    self.scale = scale
  }
}

/// A word at the end of a line, moved up or down where it would meet another.
public struct EndLabel: Sendable {
  public var text: String
  /// The height of the line's end, or where the label should stand.
  public var y: Double
  public var color: Color
  /// Whether it names a line of data, and not a reference.
  public var isBold: Bool

  public init(_ text: String, y: Double, color: Color, isBold: Bool = true) {
    self.text = text
    self.y = y
    self.color = color
    self.isBold = isBold
  }
}

/// A line of the legend.
public struct LegendEntry: Sendable {
  public var text: String
  public var stroke: Stroke
  public var hasDot: Bool

  public init(_ text: String, _ stroke: Stroke, hasDot: Bool) {
    self.text = text
    self.stroke = stroke
    self.hasDot = hasDot
  }
}

/// What the colours of cells mean.
public struct ColorBar: Sendable {
  public var label: String
  public var colors: ColorScale
  /// Kinds of values beside numbers that occur, each with its swatch.
  public var kinds: Set<ColorScale.Kind>

  public init(_ label: String, _ colors: ColorScale, kinds: Set<ColorScale.Kind>) {
    self.label = label
    self.colors = colors
    self.kinds = kinds
  }
}
