import Plotting
import RunFile

/// A step of a run that charts over steps mark with a line and a label, such as the first step of a finding.
public struct StepMark: Sendable, Hashable {
  /// The path of the run, as `Run.path` states it.
  public var run: String
  /// The step.
  public var step: Int
  /// The label, a few words.
  public var label: String

  /// A mark at a step of a run.
  public init(run: String, step: Int, label: String) { (self.run, self.step, self.label) = (run, step, label) }
}

/// Vertical lines at steps, with a label each in a line of its own at the bottom of the plot area, or at its top. A label that finds no room
/// is left out.
struct StepLines: Mark {
  struct Line {
    let step: Int
    let label: String
  }
  let lines: [Line]
  /// Whether labels stand at the top.
  var isAtTop = false

  /// The marks of some of these runs at these steps, each label once, at its first step, in order of steps; `name` stands before each
  /// label.
  init(_ marks: [StepMark], of runs: [Run], named name: String = "", within steps: ClosedRange<Int>) {
    let paths = Set(runs.map(\.path))
    var first: [(label: String, step: Int)] = []
    for mark in marks where paths.contains(mark.run) && steps.contains(mark.step) {
      if let index = first.firstIndex(where: { $0.label == mark.label }) {
        first[index].step = min(first[index].step, mark.step)
      } else {
        first.append((mark.label, mark.step))
      }
    }
    lines = first.enumerated().sorted { ($0.element.step, $0.offset) < ($1.element.step, $1.offset) }.map {
      Line(step: $0.element.step, label: name.isEmpty ? $0.element.label : "\(name): \($0.element.label)")
    }
  }

  init(_ lines: [Line]) { self.lines = lines }

  /// What is marked, as a sentence with a space before it; empty where nothing is.
  var sentence: String {
    lines.isEmpty ? "" : " Marked: " + lines.map { "\($0.label) at step \($0.step)" }.joined(separator: ", ") + "."
  }

  func extend(_ limits: inout DataLimits) {}

  func draw(in area: PlotArea, on canvas: any Canvas) {
    let plot = area.rectangle, font = area.theme.tickFont, color = area.theme.color(.text)
    let placed = lines.compactMap { line in area.x(of: Double(line.step)).map { (x: $0, label: line.label) } }
    for x in Set(placed.map(\.x)).sorted() {
      let ends = [Point(x, plot.top), Point(x, plot.bottom)]
      // The background's colour on both sides sets the line off from the cells of a heatmap.
      canvas.stroke(ends, Stroke(area.theme.color(.background.opacity(0.7)), width: 3))
      canvas.stroke(ends, Stroke(color, width: 1.2, dash: [5, 3]))
    }
    let height = canvas.measure("x", font).height + 4, total = height * Double(placed.count)
    var top = isAtTop ? plot.top + 4 : max(plot.top + 4, plot.bottom - total)
    for (x, label) in placed {
      let extent = canvas.measure(label, font), right = x + 6
      let left = right + extent.width <= plot.right ? right : x - 6 - extent.width
      let box = Rectangle(left: left, top: top, width: extent.width, height: extent.height)
      guard box.left >= plot.left, box.bottom <= plot.bottom else { continue }
      canvas.fill(box.inset(-1.5), area.theme.color(.background.opacity(0.85)))
      canvas.text(label, at: Point(box.left, box.top + extent.ascent), font, color, rotated: false)
      top += height
    }
  }
}
