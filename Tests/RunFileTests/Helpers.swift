import Foundation
import RunFile

/// A folder of its own that is gone with the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "rheoscope-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  static func / (folder: TemporaryFolder, name: String) -> String { folder.path + "/" + name }

  /// The names of what lies in it, in order.
  var contents: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}

func exampleSites(_ count: Int) -> [Site] {
  (0..<count).map {
    Site(id: $0, path: "layers.\($0)", kind: "Linear", depth: $0 + 1, shape: [64, 10], parameters: 110)
  }
}

/// A row of each of the sites, in which every quantity is `value`.
func exampleRows(step: Int, sites: Int, value: Double = 0.1) -> [LayerRow] {
  (0..<sites).map { site in
    var row = LayerRow(step: step, site: site)
    for quantity in LayerQuantity.allCases { row[quantity] = value + Double(quantity.rawValue) }
    return row
  }
}

/// Equal, where NaN equals NaN.
func same(_ left: Double?, _ right: Double?) -> Bool {
  left == right || (left?.isNaN == true && right?.isNaN == true)
}
