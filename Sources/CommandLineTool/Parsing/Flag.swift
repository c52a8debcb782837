/// A flag of a command; each takes one value, except switches.
struct Flag {
  /// With its two hyphens.
  let name: String
  let kind: Kind
  /// What it sets, one line of the help text.
  let help: String

  /// The values that a flag takes.
  enum Kind {
    /// A whole number.
    case whole(ClosedRange<Int>)
    /// A number.
    case number(ClosedRange<Double>)
    /// A number above 0.
    case positive(upTo: Int)
    /// A file or folder.
    case path(placeholder: String)
    /// A file whose name ends in one of these.
    case file(endings: [String])
    /// One of several words.
    case choice([String], placeholder: String)
    /// The name of something that is recorded.
    case name
    /// Any words.
    case text
    /// A number from 0 to below 1.
    case fraction
    /// The first and the last of some steps.
    case steps
    /// A length in a picture.
    case length
    /// Nothing: the flag is there or not.
    case none
  }

  /// The placeholder of the value in help texts.
  var placeholder: String {
    switch kind {
    case .whole: "N"
    case .number, .positive: "X"
    case .path(let placeholder), .choice(_, let placeholder): placeholder
    case .file: "FILE"
    case .name: "NAME"
    case .text: "TEXT"
    case .fraction: "X"
    case .steps: "A:B"
    case .length: "N"
    case .none: ""
    }
  }

  /// The flag as it is typed: `--depth N`.
  var usage: String { placeholder.isEmpty ? name : "\(name) \(placeholder)" }

  /// Throws a `UsageError` if the value is not of this flag's kind.
  func check(_ value: String) throws(UsageError) {
    switch kind {
    case .whole(let range):
      guard let number = Int(value) else { throw .notWhole(flag: name, value: value, range: range) }
      guard number >= range.lowerBound else { throw .tooSmall(flag: name, value: value, least: "\(range.lowerBound)") }
      guard number <= range.upperBound else { throw .tooLarge(flag: name, value: value, most: "\(range.upperBound)") }
    case .number(let range):
      guard let number = Double(value), number.isFinite else { throw .notNumber(flag: name, value: value) }
      guard number >= range.lowerBound else { throw .tooSmall(flag: name, value: value, least: "\(range.lowerBound)") }
      guard number <= range.upperBound else { throw .tooLarge(flag: name, value: value, most: "\(range.upperBound)") }
    case .positive(let most):
      guard let number = Double(value), number.isFinite else { throw .notNumber(flag: name, value: value) }
      guard number > 0 else { throw .notPositive(flag: name, value: value) }
      guard number <= Double(most) else { throw .tooLarge(flag: name, value: value, most: "\(most)") }
    case .path, .name, .text:
      guard !value.isEmpty else { throw .missingValue(flag: name, placeholder: placeholder) }
    case .file(let endings):
      guard endings.contains(where: { value.hasSuffix(".\($0)") }) else {
        throw .wrongEnding(flag: name, value: value, endings: endings)
      }
    case .choice(let words, _):
      guard words.contains(value) else { throw .unknownChoice(flag: name, value: value, choices: words) }
    case .fraction:
      guard let number = Double(value), number >= 0, number < 1 else { throw .notFraction(flag: name, value: value) }
    case .steps:
      guard StepRange(value) != nil else { throw .notSteps(flag: name, value: value) }
    case .length:
      guard Length(value) != nil else { throw .notLength(flag: name, value: value) }
    case .none:
      break
    }
  }
}
