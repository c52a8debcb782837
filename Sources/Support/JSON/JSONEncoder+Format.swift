import Foundation

extension String {
  /// JSON that may be shown in a terminal or stand in a page: bidirectional controls are \u escapes, as JSON's own control characters are.
  package var withoutControlsInJSON: String {
    unicodeScalars.map { scalar in
      let text = String(scalar)
      return text.escapedForTerminalLines == text ? text : text.escapedForJSON
    }.joined()
  }
}

extension JSONEncoder {
  /// The format of all JSON files and answers of this project: sorted keys, one value per line. JSON has no NaN and no infinities; they are
  /// the strings "NaN", "Infinity" and "-Infinity".
  package static var readable: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return encoder
  }
}
