import Autodiff
import Foundation
import Support

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

  /// A tensor that must have this shape; nil if there is none. Throws a `SavedStateError` if its shape differs.
  public func tensor(_ name: String, _ shape: Shape) throws(SavedStateError) -> Tensor? {
    guard let tensor = tensors[name] else { return nil }
    guard tensor.shape == shape else {
      throw SavedStateError(problem: "“\(name)” has the shape \(tensor.shape), not \(shape)")
    }
    return tensor
  }

  /// A list of `count` numbers; nil if there is none. Throws a `SavedStateError` if it has another length.
  public func numbers(_ name: String, _ count: Int) throws(SavedStateError) -> [Double]? {
    guard let list = numbers[name] else { return nil }
    guard list.count == count else {
      throw SavedStateError(problem: "“\(name)” has \(counted(list.count, "number")), not \(count)")
    }
    return list
  }

  /// A list of whole numbers of 0 or more, which may count steps or samples; empty if there is none. Throws a `SavedStateError` if there
  /// are other numbers in it.
  public func counts(_ name: String) throws(SavedStateError) -> [Int] {
    var counts: [Int] = []
    for number in numbers[name] ?? [] {
      guard let count = Int(exactly: number), 0..<(1 << 53) ~= count else {
        throw SavedStateError(problem: "“\(name)” has \(number) in place of a whole number of 0 or more")
      }
      counts.append(count)
    }
    return counts
  }

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

/// A saved state that is not one of the training that is to go on.
public struct SavedStateError: Error, Equatable, CustomStringConvertible {
  /// What is wrong with which entry, as a part of a sentence.
  public let problem: String
  /// The problem.
  public var description: String { problem }

  /// An error with a problem, as a part of a sentence.
  public init(problem: String) { self.problem = problem }
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

  /// Reads what `metadata` wrote; `badKey` is that of a list of numbers that is none.
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
