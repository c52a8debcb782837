import NeuralNetworks

extension UsageError: CustomStringConvertible {
  /// One line: what was wrong, and what would be right.
  var description: String {
    switch self {
    case .unknownCommand(let name, let commands):
      "there is no command “\(name)”; \(suggestion(for: name, among: commands, called: "commands"))"
    case .unknownExperiment(let name, let experiments):
      "there is no experiment “\(name)”; \(suggestion(for: name, among: experiments, called: "experiments"))"
    case .unknownFlag(let name, let command, let flags):
      flags.isEmpty
        ? "\(command) has no flags, so “\(name)” can't be one"
        : "\(command) has no flag “\(name)”; \(suggestion(for: name, among: flags, called: "flags"))"
    case .missingValue(let flag, let placeholder):
      "\(flag) needs a value: \(flag) \(placeholder)"
    case .missingFlag(let flag, let placeholder, let command, let help):
      "\(command) needs \(flag) \(placeholder): \(help)"
    case .repeated(let flag):
      "\(flag) is given twice; give it once"
    case .missingOperand(let command, let operands):
      "\(command) needs \(operands); see rheoscope help \(command)"
    case .surplusOperand(let word, let command, let operands):
      "\(command) takes \(operands.isEmpty ? "nothing" : "only \(operands)"), so “\(word)” is too much"
    case .notWhole(let flag, let value, let range):
      "\(flag) is a whole number from \(range.lowerBound) to \(range.upperBound), not “\(value)”"
    case .notNumber(let flag, let value):
      "\(flag) is a number, not “\(value)”"
    case .notPositive(let flag, let value):
      "\(flag) is above 0, not \(value)"
    case .tooSmall(let flag, let value, let least):
      "\(flag) is at least \(least), not \(value)"
    case .tooLarge(let flag, let value, let most):
      "\(flag) is at most \(most), not \(value)"
    case .wrongEnding(let flag, let value, let endings):
      "\(flag) is a file whose name ends in \(endings.map { ".\($0)" }.joined(separator: " or ")), not “\(value)”"
    case .unknownChoice(let flag, let value, let choices):
      "\(flag) can't be “\(value)”; \(suggestion(for: value, among: choices, called: "choices"))"
    }
  }
}

/// The name that was probably meant, or all there are if none comes near.
private func suggestion(for word: String, among names: [String], called plural: String) -> String {
  if let nearest = nearestNames(to: word, among: names, count: 1).first,
    edits(from: word, to: nearest) <= 1 + word.count / 3
  {
    return "did you mean “\(nearest)”?"
  }
  return "\(plural) are \(names.joined(separator: ", "))"
}
