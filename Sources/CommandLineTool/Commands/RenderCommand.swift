import ExperimentHarness
import Foundation
import Rheoscope

extension Command {
  static let render = Command(
    name: "render", operands: "RUN…", operandCount: 0...Int.max,
    summary: "Draws charts of one or several run files.",
    flags: [
      Flag(name: "--list", kind: .none, help: "lists the charts and draws none"),
      Flag(
        name: "--chart", kind: .choice(ChartKind.all.map(\.name) + ["all"], placeholder: "KIND"),
        help: "a chart that --list names, or the word all for every chart that the runs have values for "
          + "(default: dashboard)"),
      Flag(
        name: "--measure", kind: .name,
        help: "draws numbers that a probe recorded, such as effective_rank, instead of a chart"),
      Flag(
        name: "--scalar", kind: .name,
        help: "draws numbers that the training program recorded, such as validation_loss, instead of a chart"),
      Flag(
        name: "--out", kind: .path(placeholder: "FILE|DIR"),
        help: "a file ending in .png, .svg or .pdf, or a folder (default: beside the runs, "
          + "with --chart all a folder charts there)"
      ),
      Flag(
        name: "--format", kind: .choice(FigureFormat.allCases.map(\.rawValue), placeholder: "FORMAT"),
        help: "png, svg or pdf (default: by the ending of FILE, or png)"),
    ] + style + [
      Flag(name: "--scale", kind: .positive(upTo: 64), help: "pixels per unit of 1/96 inch in a PNG (default: 2)"),
      Flag(
        name: "--paper", kind: .choice(Paper.allCases.map(\.rawValue), placeholder: "PAPER"),
        help: "width of a paper's column (3.3 in) or page (7 in), with a height that follows from it"),
      Flag(name: "--font", kind: .text, help: "font family of all text (default: DejaVu Sans)"),
      Flag(
        name: "--width", kind: .length,
        help: "width of the picture: 800 in units of 1/96 inch, 600pt in points, 1600px in pixels of the PNG"),
      Flag(name: "--height", kind: .length, help: "height of the picture (default: by the chart)"),
    ] + part + [
      Flag(
        name: "--findings", kind: .none,
        help: "marks on charts over steps what diagnose finds, from warnings on, at its first step"),
      Flag(name: "--title", kind: .text, help: "title of the picture (default: what it shows)"),
    ])

  /// Flags for the style of figures, shared by all commands that draw.
  static let style = [
    Flag(
      name: "--theme", kind: .choice(Theme.all.map(\.name), placeholder: "THEME"),
      help: Theme.all.map(\.name).joined(separator: " or "))
  ]

  /// Flags for the part of the runs that figures show, shared by all commands that draw.
  static let part = [
    Flag(
      name: "--smooth", kind: .fraction,
      help: "smoothing weight of curves (exponential moving average); 0 for none (default: by the number of steps)"),
    Flag(name: "--steps", kind: .steps, help: "only steps A to B; either may be missing"),
    Flag(name: "--layers", kind: .text, help: "only layers whose path matches: * is one component, ** any number"),
  ]
}

extension Tool {
  func render(_ arguments: Arguments, typed words: [String]) throws {
    if arguments["--list"] != nil { return console.print(Help.charts) }
    guard !arguments.operands.isEmpty else {
      throw UsageError.missingOperand(command: Command.render.name, operands: Command.render.operands)
    }
    let request = try RenderRequest(arguments)
    let runs = try arguments.operands.map { try Run(path: $0) }
    var options = try chartOptions(arguments, runs)
    if arguments["--findings"] != nil {
      options.marks = runs.flatMap { run in
        Rheoscope.diagnose(run).filter { $0.severity > .note }.map {
          StepMark(run: run.path, step: $0.steps.lowerBound, label: $0.rule)
        }
      }
      if !request.kinds.contains(where: \.showsMarks) {
        console.note("\(request.kinds[0].name) has no axis of steps, so --findings marks nothing there")
      }
    }
    let fonts = try arguments["--font"].map { try Fonts(family: $0) }
    if request.kinds.count > 1 { for run in runs { try run.keep(LayerQuantity.allCases) } }
    var firstError: (any Error)?
    var count = 0
    for kind in request.kinds {
      do {
        var figure = try kind.figure(runs, options)
        request.adapt(&figure)
        let path = request.path(of: kind)
        try figure.write(
          to: path, theme: request.theme, scale: request.scale, command: commandLine(words), fonts: fonts)
        console.print("wrote \(path)")
        count += 1
      } catch let error as ChartError {
        if case .unknownName(_, _, let recorded, _) = error, !recorded.isEmpty { throw UsageError.unknownName(error) }
        firstError = firstError ?? error
        if request.kinds.count > 1 { console.note("\(kind.name) is not drawn: \(error.reason)") }
      }
    }
    if count == 0, let firstError { throw firstError }
  }

  /// The part of the runs to draw. Throws a `UsageError` if it is empty.
  func chartOptions(_ arguments: Arguments, _ runs: [Run]) throws -> ChartOptions {
    let options = ChartOptions(
      steps: arguments.steps("--steps"), layers: arguments["--layers"], smoothing: arguments.number("--smooth"))
    let paths = runs.flatMap { $0.sites.map(\.path) }
    if let pattern = options.layers, !paths.isEmpty, !paths.contains(where: options.shows) {
      var known = Set<String>()
      throw UsageError.unknownLayers(pattern: pattern, paths: paths.filter { known.insert($0).inserted })
    }
    let steps = runs.flatMap { [$0.steps.first?.step, $0.steps.last?.step] }.compactMap { $0 }
    if let range = options.steps, let first = steps.min(), let last = steps.max(), !range.overlaps(first...last) {
      throw UsageError.noSuchSteps(flag: "--steps", recorded: first...last)
    }
    return options
  }
}

/// The innermost folder that holds all of these files; "" is the current one.
func commonFolder(of paths: [String]) -> String {
  let folders = paths.map { ($0 as NSString).pathComponents.dropLast() }
  guard var common = folders.first else { return "" }
  for folder in folders { common = common.prefix(zip(common, folder).prefix { $0 == $1 }.count) }
  return common.reduce("") { ($0 as NSString).appendingPathComponent($1) }
}

/// What `render` draws, and into which files.
private struct RenderRequest {
  let kinds: [ChartKind]
  let theme: Theme
  let scale: Double
  private let out: String
  private let outIsFolder: Bool
  private let format: String
  private let width, height: Length?
  private let paper: Paper?
  private let title: String?

  init(_ arguments: Arguments) throws(UsageError) {
    let given = ["--chart", "--measure", "--scalar"].filter { arguments[$0] != nil }
    guard given.count < 2 else { throw .exclusive(given[0], given[1]) }
    if let measure = arguments["--measure"] {
      kinds = [.measure(MeasureName(rawValue: measure))]
    } else if let scalar = arguments["--scalar"] {
      kinds = [.scalar(scalar)]
    } else {
      let name = arguments["--chart"] ?? "dashboard"
      kinds = name == "all" ? ChartKind.all : ChartKind.all.filter { $0.name == name }
    }
    theme = Theme.all.first { $0.name == arguments["--theme"] } ?? .light
    scale = arguments.number("--scale") ?? 2
    (width, height) = (arguments.length("--width"), arguments.length("--height"))
    paper = arguments["--paper"].flatMap(Paper.init)
    guard paper == nil || width == nil else { throw .exclusive("--paper", "--width") }
    title = arguments["--title"]
    let beside = commonFolder(of: arguments.operands)
    out =
      arguments["--out"]
      ?? (kinds.count > 1 ? (beside as NSString).appendingPathComponent("charts") : beside.isEmpty ? "." : beside)
    var isFolder: ObjCBool = false
    let ending = (out as NSString).pathExtension, endings = FigureFormat.allCases.map(\.rawValue)
    outIsFolder =
      FileManager.default.fileExists(atPath: out, isDirectory: &isFolder) && isFolder.boolValue || ending.isEmpty
      || out.hasSuffix("/")
    if !outIsFolder {
      guard endings.contains(ending.lowercased()) else {
        throw .wrongEnding(flag: "--out", value: out, endings: endings)
      }
      guard kinds.count == 1 else { throw .severalCharts(out: out) }
      if let format = arguments["--format"], format != ending.lowercased() {
        throw .otherFormat(out: out, format: format)
      }
    }
    format = arguments["--format"] ?? "png"
  }

  func path(of kind: ChartKind) -> String {
    guard outIsFolder else { return out }
    // Measures and scalars may have names like val/loss.
    let file = "\(kind.name.replacing("/", with: "-")).\(format)"
    return out == "." ? file : (out as NSString).appendingPathComponent(file)
  }

  /// Gives a figure the title and the size that the flags ask for.
  func adapt(_ figure: inout Figure) {
    if let title { figure.title = title }
    if let paper { figure = figure.sized(for: paper) }
    if let width { figure.size.width = width.units(scale: scale) }
    if let height { figure.size.height = height.units(scale: scale) }
  }
}
