import Diagnosis
import Foundation
import RunFile
import Support

/// What the page's script reads: losses of all runs, layers of one run per variant, and the verdict.
struct ReportData: Encodable {
  private struct RunRecord: Encodable {
    let name: String
    let variant: Int
    let steps: [Int]
    /// In words where a loss is no number.
    let losses: [Double]
  }

  private struct LayersRecord: Encodable {
    let name: String
    let variant: Int
    let steps: [Int]
    let paths, kinds: [String]
    let depths: [Int]
    let quantities: [QuantityRecord]
  }

  private struct QuantityRecord: Encodable {
    let name, title: String
    /// Two bytes per number, lowest first, layer by layer: 0 is not recorded, 1 zero, 2 NaN, 3 infinite, others 2^((code − 32768) / 200). Its
    /// error is below 0.2 %.
    let codes: String
  }

  private struct FindingRecord: Encodable {
    let variant, severity, rule, statement, cause: String
    let sites, remedies: [String]
    let firstStep, lastStep: Int
    let measured, limit: Double
    let unit: String
  }

  private let variants: [String]
  private let runs: [RunRecord]
  private let layers: [LayersRecord]
  private let findings: [FindingRecord]

  init(_ variants: [ReportedVariant]) throws {
    self.variants = variants.map(\.name)
    runs = variants.enumerated().flatMap { index, variant in
      variant.runs.map { run in
        let kept = extremes(of: run.steps.map(\.loss), parts: 300)
        return RunRecord(
          name: variant.runs.count > 1 ? "\(variant.name), seed \(run.seed ?? 0)" : variant.name, variant: index,
          steps: kept.map { run.steps[$0].step }, losses: kept.map { run.steps[$0].loss })
      }
    }
    layers = variants.enumerated().compactMap { index, variant in
      variant.layers.map { layers in
        LayersRecord(
          name: layers.name, variant: index, steps: layers.steps, paths: layers.sites.map(\.module),
          kinds: layers.sites.map(\.kind.rawValue), depths: layers.sites.map(\.depth),
          quantities: layers.quantities.map {
            QuantityRecord(name: $0.name, title: $0.title, codes: codes(of: $0.values))
          })
      }
    }
    findings = variants.flatMap { variant in
      variant.findings.map { finding, _ in
        FindingRecord(
          variant: variant.name, severity: finding.severity.rawValue, rule: finding.rule, statement: finding.statement,
          cause: finding.cause, sites: finding.sites, remedies: finding.remedies, firstStep: finding.steps.lowerBound,
          lastStep: finding.steps.upperBound, measured: finding.measured, limit: finding.limit, unit: finding.unit)
      }
    }
  }

  /// As JSON that may stand in an element `script` of a page.
  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "NaN")
      // No end of the element, and no comment, may begin in it.
      return String(decoding: try encoder.encode(self), as: UTF8.self).withoutControlsInJSON
        .replacingOccurrences(of: "<", with: "\\u003C")
    }
  }
}

/// The positions of the first, lowest, highest and last number of each of `parts` equal parts, and of all numbers that are not finite, in
/// order; all positions where there are no more.
func extremes(of values: [Double], parts: Int) -> [Int] {
  guard values.count > 4 * parts else { return Array(values.indices) }
  return (0..<parts).flatMap { part -> [Int] in
    let range = part * values.count / parts..<(part + 1) * values.count / parts
    let finite = range.filter { values[$0].isFinite }
    let low = finite.min { values[$0] < values[$1] }, high = finite.max { values[$0] < values[$1] }
    let broken = range.first { !values[$0].isFinite }
    return Set([range.lowerBound, range.upperBound - 1, low, high, broken].compactMap { $0 }).sorted()
  }
}

/// The numbers in the form that `QuantityRecord` describes, as base64.
func codes(of grid: Grid) -> String {
  var bytes = Data(capacity: 2 * grid.rowCount * grid.columnCount)
  for row in 0..<grid.rowCount {
    for column in 0..<grid.columnCount {
      let code = code(of: grid[row, column])
      bytes.append(UInt8(code & 0xFF))
      bytes.append(UInt8(code >> 8))
    }
  }
  return bytes.base64EncodedString()
}

private func code(of value: Double?) -> UInt16 {
  guard let value else { return 0 }
  guard value != 0 else { return 1 }
  guard !value.isNaN else { return 2 }
  guard value.isFinite else { return 3 }
  return UInt16(min(max(32768 + (200 * log2(abs(value))).rounded(), 4), 65535))
}
