import Foundation
import RunFile

func exampleSites(_ count: Int) -> [Site] {
  (0..<count).map {
    Site(id: $0, module: "layers.\($0)", kind: .linear, depth: $0 + 1, isLayer: true, shape: [64, 10])
  }
}

/// A row per site, in which every quantity is `value`.
func exampleRows(step: Int, sites: Int, value: Double = 0.1) -> [LayerRow] {
  (0..<sites).map { site in
    var row = LayerRow(step: step, site: site)
    for quantity in LayerQuantity.allCases { row[quantity] = value + Double(quantity.rawValue) }
    return row
  }
}

/// Whether both are equal; NaN equals NaN.
func same(_ left: Double?, _ right: Double?) -> Bool {
  left == right || (left?.isNaN == true && right?.isNaN == true)
}

/// A new temporary folder, which the caller removes. Async tests need it, since `withTemporaryFolder` is synchronous.
func makeFolder() throws -> String {
  let folder = NSTemporaryDirectory() + "rheoscope-test-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  return folder
}

/// The names of the files in a folder, in order.
func contents(of folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}
