import CairoBackend
import Charts
import Foundation
import Plotting
import RunFile
import TestSupport
import Testing

@Suite struct ChartTests {
  @Test func theFittedFactorIsSaidInWords() throws {
    try withTemporaryFolder { folder in
      let figure = try Chart.gradientProfile(of: try SyntheticRun.vanishing.write(to: folder))
      #expect(figure.legend[1].text.hasPrefix("beta: ×0.23") && figure.legend[1].text.contains("theory ×0.9"))
      #expect(figure.caption.contains("4 zero or non-finite values"))
    }
  }

  @Test func whatIsBrokenIsMarked() throws {
    try withTemporaryFolder { folder in
      let runs = try SyntheticRun.nonfinite.write(to: folder)
      let loss = try Chart.lossCurves(of: runs)
      #expect(loss.panels[0].marks.count { if case .cross = $0 { true } else { false } } == 2)
      #expect(loss.panels[0].endLabels.contains { $0.text == "beta  × at step 70" })
      #expect(loss.description.contains("2 of 2 seeds stop being finite"))
      #expect(try Chart.gradientFlow(of: runs).colorBar?.kinds == [.infinite, .notANumber])
      let vanishing = try SyntheticRun.vanishing.write(to: folder)
      #expect(try Chart.gradientFlow(of: vanishing).colorBar?.kinds.contains(.zero) == true)
      #expect(try Chart.gradientFlow(of: try SyntheticRun.healthy.write(to: folder)).colorBar?.kinds == [.notRecorded])
    }
  }

  @Test func runsWithoutAnythingAreRefusedInWords() throws {
    try withTemporaryFolder { folder in
      let run = try RunWriter(path: folder + "/empty.rheo").finish()
      for kind in ChartKind.all {
        #expect(throws: ChartError.self) { try kind.figure([]) }
        let error = #expect(throws: ChartError.self) { try kind.figure([run]) }
        #expect(error?.description.contains("empty.rheo") == true)
      }
    }
  }

  @Test func aPictureIsWrittenWholeOrNotAtAll() throws {
    try withTemporaryFolder { folder in
      let figure = try Chart.lossCurves(of: try SyntheticRun.single.write(to: folder))
      try figure.write(to: folder + "/new/loss.png", command: "a command")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/new") == ["loss.png"])
      let bytes = try Data(contentsOf: URL(filePath: folder + "/new/loss.png"))
      for text in ["Description", String(figure.description.prefix(20)), "Command", "a command"] {
        #expect(bytes.range(of: Data(text.utf8)) != nil)
      }
      try Data().write(to: URL(filePath: folder + "/file"))
      #expect(throws: FigureError.self) { try figure.write(to: folder + "/file/loss.png") }
      #expect(throws: FigureError.self) { try figure.write(to: folder + "/loss.bmp") }
      #expect(throws: FigureError.self) { try figure.png(scale: 100) }
    }
  }
}
