import Autodiff
import Foundation

/// What a part of a training needs to go on from a checkpoint: tensors, numbers and texts, each under a name of the part's choice.
///
/// Numbers keep their bits, but for the payload of a NaN.
public struct SavedState {
  /// Tensors of any shape.
  public var tensors: [String: Tensor] = [:]
  /// Lists of numbers.
  public var numbers: [String: [Double]] = [:]
  /// Texts.
  public var texts: [String: String] = [:]

  /// An empty state.
  public init() {}

  /// Adds all entries of another state, their names behind `prefix`.
  package mutating func add(_ part: SavedState, under prefix: String) {
    for (name, tensor) in part.tensors { tensors[prefix + name] = tensor }
    for (name, values) in part.numbers { numbers[prefix + name] = values }
    for (name, text) in part.texts { texts[prefix + name] = text }
  }

  /// The entries whose names begin with `prefix`, without it.
  package func part(under prefix: String) -> SavedState {
    func own<Value>(_ entries: [String: Value]) -> [String: Value] {
      var found: [String: Value] = [:]
      for (name, value) in entries where name.hasPrefix(prefix) { found[String(name.dropFirst(prefix.count))] = value }
      return found
    }
    var part = SavedState()
    (part.tensors, part.numbers, part.texts) = (own(tensors), own(numbers), own(texts))
    return part
  }
}

/// As it stands in a file: tensors by their names, numbers and texts as metadata.
extension SavedState {
  private static let numberPrefix = "numbers.", textPrefix = "texts."

  var metadata: [String: String] {
    var metadata: [String: String] = [:]
    for (name, values) in numbers {
      metadata[Self.numberPrefix + name] = values.map { "\($0)" }.joined(separator: " ")
    }
    for (name, text) in texts { metadata[Self.textPrefix + name] = text }
    return metadata
  }

  /// Nil, and the key, where a list of numbers is none.
  static func reading(_ metadata: [String: String], _ tensors: [String: Tensor]) -> (state: SavedState, badKey: String?)
  {
    var state = SavedState(), badKey: String?
    state.tensors = tensors
    for (key, text) in metadata {
      if key.hasPrefix(textPrefix) {
        state.texts[String(key.dropFirst(textPrefix.count))] = text
      } else if key.hasPrefix(numberPrefix) {
        let words = text.split(separator: " "), values = words.compactMap { Double($0) }
        if values.count != words.count { badKey = key }
        state.numbers[String(key.dropFirst(numberPrefix.count))] = values
      }
    }
    return (state, badKey)
  }
}
