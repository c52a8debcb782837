import Charts
import Foundation
import Plotting
import RunFile
import Support
import TestSupport
import Testing

/// What charts draw is what was recorded: nothing dropped, averaged away or cut unseen.
@Suite struct TruthTests {
  /// A finished run with a chain of layers `names`, whose gradient at a layer and a step is `gradient`.
  private func run(
    _ variant: String, in folder: String, layers names: [(path: String, kind: ModuleKind)], steps: [Int],
    meta: [MetaKey: String] = [:], loss: (Int) -> Double = { 1 / Double($0 + 1) }, fill: (inout LayerRow, Site) -> Void
  ) throws -> Run {
    let writer = try RunWriter(
      path: "\(folder)/\(variant).rheo", meta: [.experiment: "truth", .variant: variant].merging(meta) { $1 })
    let sites = names.enumerated().map { index, layer in
      Site(
        id: index, module: layer.path, kind: layer.kind, depth: index + 1, isLayer: layer.kind == .linear,
        shape: [8, 8])
    }
    try writer.define(sites: sites)
    for step in steps {
      try writer.append(
        step: StepRow(step: step, loss: loss(step), seconds: 0),
        layers: sites.map { site in
          var row = LayerRow(step: step, site: site.id)
          fill(&row, site)
          return row
        })
    }
    return try writer.finish()
  }

  private func linear(_ count: Int, from first: Int = 0) -> [(path: String, kind: ModuleKind)] {
    (first..<first + count).map { ("layers.\($0)", .linear) }
  }

  private func cells(_ figure: Figure) -> [CellMark] {
    figure.panels.compactMap { $0.marks.lazy.compactMap { $0 as? CellMark }.first }
  }

  /// The number of maxima that rise by a tenth of the highest above the lowest values beside them.
  private func humps(_ heights: [Double]) -> Int {
    let limit = 0.1 * (heights.max() ?? 0)
    var count = 0, low = 0.0, high = 0.0, isRising = true
    for height in heights + [0] {
      if isRising {
        high = max(high, height)
        if height < high - limit { (count, isRising, low) = (count + 1, false, height) }
      } else {
        low = min(low, height)
        if height > low + limit { (isRising, high) = (true, height) }
      }
    }
    return count
  }

  @Test(arguments: ["activation", "weight", "gradient"])
  func aNormalDistributionHasOneHump(quantity: String) throws {
    let uniform = sampleValues(240_000, seed: 5)
    let normal = (0..<20_000).map { index in
      (0..<12).reduce(Float(0)) { $0 + uniform[12 * index + $1] } / 2
    }
    for spread in [1e-9, 1e-3, 0.05, 1, 300] as [Float] {
      try withTemporaryFolder { folder in
        let writer = try RunWriter(path: folder + "/a.rheo")
        try writer.define(
          sites: [Site(id: 0, module: "layer", kind: .linear, depth: 1, isLayer: true, shape: [8])])
        for step in 0..<3 {
          try writer.append(step: StepRow(step: step, loss: 1, seconds: 0))
          try writer.histogram(
            step: step, site: 0, quantity: quantity, counts: HistogramBins.counts(of: normal.map { $0 * spread }))
        }
        let run = try writer.finish()
        let ridges = try Chart.distributions(of: run, quantity: quantity, style: .ridges)
        let all = ridges.panels[0].marks.compactMap { $0 as? RidgeMark }
        #expect(all.count == 3 && all.allSatisfy { humps($0.heights) == 1 }, "\(quantity), spread \(spread)")
        let mark = cells(try Chart.distributions(of: run, quantity: quantity))[0]
        let column = mark.rows.map { mark.values[$0 * 3] }
        #expect(humps(column) == 1, "colours of \(quantity), spread \(spread)")
        #expect(ridges.panels[0].x.title == (quantity == "gradient" ? "gradient (asinh scale)" : quantity))
      }
    }
    #expect(humps([0, 1, 0.5, 1, 0]) == 2, "the count of humps can fail")
  }

  @Test func aRowThatOneVariantLacksIsDrawn() throws {
    try withTemporaryFolder { folder in
      let names = [("a", ModuleKind.linear), ("a.relu", .relu), ("b", .linear)]
      let runs = try ["with", "without"].map { variant in
        try run(variant, in: folder, layers: names, steps: [0, 1]) { row, site in
          row[.activationMean] = 0.5
          row[.activationStd] = 1
          if variant == "with" { row[.zeroFraction] = 0.25 }
        }
      }
      for (kind, rows) in [("activations", 3), ("dead-and-saturated", 1)] {
        let figure = try ChartKind.all.first { $0.name == kind }!.figure(runs)
        #expect(figure.panels.count == 2 * rows && figure.columns == 2, "\(kind)")
        let pair = cells(figure).suffix(2)
        #expect(pair.map { $0.isMissing($0.rows[0], 0) } == [false, true], "\(kind)")
        #expect(figure.description.contains("without: not recorded."), "\(figure.description)")
        #expect(figure.panels.last?.colorBar?.kinds.contains(.notRecorded) == true)
      }
      #expect(try Chart.deadAndSaturated(of: runs).title == "Zero activations · truth")
    }
  }

  @Test func netsOfDifferentStructureArePairedByPathAndKind() throws {
    try withTemporaryFolder { folder in
      func net(_ variant: String, _ names: [(path: String, kind: ModuleKind)], _ scale: Double) throws -> Run {
        try run(variant, in: folder, layers: names, steps: [0, 1, 2]) { row, site in
          row[.gradientRMS] = scale * Double(site.id + 1)
        }
      }
      let short = try net("short", linear(18), 1)
      let long = try net("long", [linear(18), [("layers.18", "LayerNorm")], linear(1, from: 19)].flatMap { $0 }, 0.5)
      let flow = try Chart.gradientFlow(of: [short, long])
      #expect(cells(flow).map(\.rows.count) == [20, 20])
      #expect(
        flow.description.contains("long: 20 layers over steps 0 to 2; at the first step 0.500 at the input and 10.0"))
      #expect(flow.description.contains("short: 18 layers") && flow.description.contains("not recorded in 2 more"))
      // Where more differs, stripes of missing rows would hide the others.
      let tiny = try net("tiny", linear(4), 1)
      #expect(cells(try Chart.gradientFlow(of: [tiny, long])).map(\.rows.count) == [4, 20])
      let comparison = try Chart.comparison(of: [short, long]), mark = cells(comparison)[0]
      guard case .categorical(let labels) = comparison.panels[0].y.kind else { fatalError() }
      #expect(labels.suffix(2) == ["layers.18, only long", "layers.19, only long"])
      #expect(mark.values.prefix(54).allSatisfy { $0 == 1 } && mark.isMissing(18, 0) && mark.isMissing(19, 0))
      #expect(comparison.description.contains("2 layers of long only."))
      #expect(comparison.subtitle.contains("short over long"))
      // A module of the same path and another kind is another layer.
      let other = try net("other", [("layers.0", .linear), ("layers.1", .relu), ("layers.2", .linear)], 1)
      #expect(cells(try Chart.comparison(of: [short, other]))[0].rows.count == 19)
    }
  }

  @Test func layersAndRunsThatWereNeverUpdatedStay() throws {
    try withTemporaryFolder { folder in
      let runs = try ["trained", "frozen"].map { variant in
        let writer = try RunWriter(path: "\(folder)/\(variant).rheo", meta: [.variant: variant])
        let sites = (0..<3).map {
          Site(id: $0, module: "layers.\($0)", kind: .linear, depth: $0 + 1, isLayer: true, shape: [8, 8])
        }
        try writer.define(sites: sites)
        try writer.define(
          parameters: sites.map { RecordedParameter(id: $0.id, path: $0.path + ".weight", shape: [8, 8], site: $0.id) })
        for step in 0..<4 {
          try writer.append(
            step: StepRow(step: step, loss: 1, seconds: 0),
            weights: sites.map {
              WeightRow(
                step: step, parameter: $0.id, norm: 8, gradientNorm: 1,
                updateNorm: variant == "trained" && $0.id != 1 ? 0.1 : nil)
            })
        }
        return try writer.finish()
      }
      let figure = try Chart.updates(of: runs)
      #expect(cells(figure).map(\.rows.count) == [3, 3])
      #expect(figure.description.contains("trained: 2 layers") && figure.description.contains("frozen: not recorded."))
      #expect(try Chart.updateRatio(of: runs).caption.hasSuffix("Never updated: frozen."))
    }
  }

  @Test func aSpikeOfOneStepIn20000IsSeen() throws {
    try withTemporaryFolder { folder in
      func flow(spike: Double) throws -> (Figure, PixelImage) {
        let run = try run("spike-\(spike)", in: folder, layers: linear(3), steps: Array(0..<20_000)) { row, site in
          row[.gradientRMS] = (row.step == 12_345 && site.id == 1 ? spike : 1) * 0.05
        }
        let figure = try Chart.gradientFlow(of: run), canvas = ImageKeeper()
        figure.draw(on: canvas)
        return (figure, try #require(canvas.largest))
      }
      let (figure, image) = try flow(spike: 1000), (_, plain) = try flow(spike: 1)
      let changed = zip(image.pixels, plain.pixels).filter { $0 != $1 }
      #expect(!changed.isEmpty && changed.allSatisfy { $0.0 == ColorMap.viridis.above.pixel })
      #expect(figure.colorBar?.extendsAbove == true)
      #expect(figure.caption.contains("up to 50.0"), "\(figure.caption)")
      let canvas = RecordingCanvas()
      figure.draw(on: canvas)
      #expect(canvas.texts.contains { $0.text.contains("each pixel: ") && $0.text.contains(" steps") })
    }
  }

  @Test func cellsEndWithTheirSteps() throws {
    try withTemporaryFolder { folder in
      let run = try run("sparse", in: folder, layers: linear(2), steps: [0, 50, 99]) { row, _ in row[.gradientRMS] = 1 }
      let mark = cells(try Chart.gradientFlow(of: run))[0]
      var limits = DataLimits()
      mark.extend(&limits)
      #expect(limits.x.lowest == -0.5 && limits.x.highest == 99.5)
    }
  }

  @Test func layersOfLongNamesAreLegible() throws {
    try withTemporaryFolder { folder in
      let parts = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.up_proj"]
      let names = (0..<200).flatMap { block in
        parts.map { (path: "model.layers.\(block).\($0)", kind: ModuleKind.linear) }
      }
      let steps = Array(stride(from: 0, to: 20_000, by: 500))
      let figure = try Chart.gradientFlow(
        of: run("long", in: folder, layers: [("embed", .linear)] + names + [("lm_head", .linear)], steps: steps) {
          row, site in
          row[.gradientRMS] = 1e-3 * Double(site.id + 1)
        })
      let canvas = RecordingCanvas()
      figure.draw(on: canvas)
      #expect(canvas.texts.contains { $0.text == "block of model.layers" }, "\(canvas.texts.map(\.text))")
      guard case .categorical(let blocks) = figure.panels[0].y.kind else { fatalError() }
      #expect(blocks.first == "embed" && blocks.last == "lm_head" && blocks[1...5] == ["0", "0", "0", "0", "0"])
      let shown = canvas.texts.compactMap { Int($0.text) }.filter { blocks.contains("\($0)") && $0 < 200 }
      #expect(Set(shown).count > 8, "a label for every few blocks")
      #expect(!canvas.texts.contains { $0.text.hasPrefix("…") || $0.text.hasSuffix("…") })
      #expect(canvas.texts.contains { $0.text.hasPrefix("step (each pixel: ") && $0.text.hasSuffix(" layers)") })
      let few = try Chart.gradientFlow(
        of: run("few", in: folder, layers: Array(names.prefix(10)), steps: [0]) { row, _ in row[.gradientRMS] = 1 })
      guard case .categorical(let labels) = few.panels[0].y.kind else { fatalError() }
      #expect(labels[0] == "0 · self_attn.q_proj" && few.panels[0].y.title == "layer, in model.layers")
    }
  }

  @Test func spikesThatAreCutAreMarked() throws {
    try withTemporaryFolder { folder in
      let run = try run(
        "cut", in: folder, layers: linear(1), steps: Array(0..<400), loss: { $0 == 200 ? 90 : 1 + 1 / Double($0 + 1) }
      ) { row, _ in row[.gradientRMS] = 1 }
      func texts(_ options: ChartOptions) throws -> [String] {
        let canvas = RecordingCanvas()
        try Chart.loss(of: run, options).draw(on: canvas)
        return canvas.texts.map(\.text)
      }
      #expect(try texts(ChartOptions()).contains("up to 90.0"))
      #expect(try !texts(ChartOptions(smoothing: 0)).contains("up to 90.0"), "without smoothing nothing is cut")
      let figure = try Chart.loss(of: run)
      #expect(figure.caption.contains("a triangle where they leave the frame"))
      #expect(figure.panels[0].y.title == "training loss, smoothed")
    }
  }
}

/// Keeps the largest image that is drawn.
private final class ImageKeeper: Canvas {
  private(set) var largest: PixelImage?
  private let metrics = RecordingCanvas()
  let resolution = 1.0
  func measure(_ text: String, _ font: Font) -> TextExtent { metrics.measure(text, font) }
  func fill(_ rectangle: Rectangle, _ color: Color) {}
  func fill(_ polygon: [Point], _ color: Color) {}
  func stroke(_ line: [Point], _ stroke: Stroke) {}
  func text(_ text: String, at point: Point, _ font: Font, _ color: Color, rotated: Bool) {}
  func image(_ image: PixelImage, in rectangle: Rectangle) {
    if image.pixels.count > largest?.pixels.count ?? 0 { largest = image }
  }
  func clip(to rectangle: Rectangle, _ body: () -> Void) { body() }
}
