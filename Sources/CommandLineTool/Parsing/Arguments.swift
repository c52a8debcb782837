/// The words after a command, checked against the command's flags.
struct Arguments {
  /// Words that are not flags, in order.
  private(set) var operands: [String] = []
  private var values: [String: String] = [:]

  /// Reads `--flag VALUE`, `--flag=VALUE` and operands in any order; after `--` everything is an operand. Throws a
  /// `UsageError`.
  init(_ words: some Sequence<String>, for command: Command) throws(UsageError) {
    var rest = Array(words)[...]
    while let word = rest.popFirst() {
      if word == "--" {
        operands += rest
        break
      }
      guard word.hasPrefix("-"), word != "-" else {
        operands.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let flag = command.flags.first(where: { $0.name == parts[0] }) else {
        throw .unknownFlag(parts[0], command: command.name, flags: command.flags.map(\.name))
      }
      if case .none = flag.kind {
        guard parts.count == 1 else { throw .surplusValue(flag: flag.name) }
        guard values.updateValue("", forKey: flag.name) == nil else { throw .repeated(flag: flag.name) }
        continue
      }
      guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
        throw .missingValue(flag: flag.name, placeholder: flag.placeholder)
      }
      try flag.check(value)
      guard values.updateValue(value, forKey: flag.name) == nil else { throw .repeated(flag: flag.name) }
    }
    guard operands.count >= command.operandCount.lowerBound else {
      throw .missingOperand(command: command.name, operands: command.operands)
    }
    guard operands.count <= command.operandCount.upperBound else {
      throw .surplusOperand(
        operands[command.operandCount.upperBound], command: command.name, operands: command.operands)
    }
  }

  /// The first word that is neither a flag nor the value of a flag. Flags that are not the command's are taken to have a value,
  /// because the experiment that defines them is not known yet.
  static func firstOperand(of words: [String], _ command: Command) -> String? {
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" { return rest.first }
      guard word.hasPrefix("-") else { return word }
      let isSwitch = command.flags.contains { $0.name == word && $0.placeholder.isEmpty }
      if !isSwitch, !word.contains("=") { rest = rest.dropFirst() }
    }
    return nil
  }

  /// The value of a flag, nil where it was not given.
  subscript(flag: String) -> String? { values[flag] }

  /// The value of a flag that takes a whole number.
  func whole(_ flag: String) -> Int? { values[flag].flatMap { Int($0) } }

  /// The value of a flag that takes a number.
  func number(_ flag: String) -> Double? { values[flag].flatMap { Double($0) } }

  /// The value of a flag that takes steps.
  func steps(_ flag: String) -> ClosedRange<Int>? { values[flag].flatMap { StepRange($0)?.range } }

  /// The value of a flag that takes a length.
  func length(_ flag: String) -> Length? { values[flag].flatMap { Length($0) } }

  /// The value of a flag that the command requires.
  func required(_ name: String, of command: Command) throws(UsageError) -> String {
    guard let value = values[name] else {
      let flag = command.flags.first { $0.name == name }!
      throw .missingFlag(flag: name, placeholder: flag.placeholder, command: command.name, help: flag.help)
    }
    return value
  }
}
