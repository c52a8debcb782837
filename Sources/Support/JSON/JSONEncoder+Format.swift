import Foundation

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
