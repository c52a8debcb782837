import Rheoscope
import Support

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
    case .settingOfOne(let flag):
      "run all uses each experiment's own settings, so \(flag) can't be given; run one experiment: run EXPERIMENT \(flag) …"
    case .missingValue(let flag, let placeholder):
      "\(flag) needs a value: \(flag) \(placeholder)"
    case .surplusValue(let flag):
      "\(flag) takes no value; leave out the = and what follows it"
    case .missingFlag(let flag, let placeholder, let command, let help):
      "\(command) needs \(flag) \(placeholder): \(help)"
    case .repeated(let flag):
      "\(flag) is given twice; give it once"
    case .missingOperand(let command, let operands):
      "\(command) needs \(operands); see rheoscope help \(command)"
    case .surplusOperand(let word, let command, let operands):
      "\(command) takes \(operands.isEmpty ? "nothing" : "only \(operands)"), so “\(word)” is not expected"
    case .exclusive(let one, let other):
      "\(one) and \(other) exclude each other; give one of them"
    case .noSettingsFile(let path, let reason):
      "\(path): \(reason); --settings is a JSON file such as {\"depth\": 30}"
    case .brokenSettingsFile(let path, let error):
      "\(path), \(error); a settings file is a JSON object such as {\"depth\": 30, \"learning-rate\": 0.1}"
    case .unknownSetting(let name, let path, let settings):
      "\(path): there is no setting “\(name)”; \(suggestion(for: name, among: settings, called: "settings"))"
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
    case .notFraction(let flag, let value):
      "\(flag) is a number from 0 to below 1, such as 0.95, not “\(value)”"
    case .notSteps(let flag, let value):
      "\(flag) is a first and a last step, such as 0:100, 50: or :50, not “\(value)”"
    case .notLength(let flag, let value):
      "\(flag) is a length such as 900 (units of 1/96 inch), 1800px (pixels) or 400pt (points), not “\(value)”"
    case .severalCharts(let out):
      "--chart all draws many pictures, and “\(out)” is one file; give a folder"
    case .otherFormat(let out, let format):
      "“\(out)” does not end in .\(format); change one of them, or leave out --format"
    case .unknownName(let error):
      error.description
    case .unknownLayers(let pattern, let paths):
      "no layer matches “\(pattern)”; \(suggestion(for: pattern, among: paths, called: "layers"))"
    case .noSuchSteps(let flag, let recorded):
      "\(flag) selects no step; steps \(recorded.lowerBound) to \(recorded.upperBound) are recorded"
    }
  }
}

/// The nearest name, or the names that hold the word, or all names if there is neither.
private func suggestion(for word: String, among names: [String], called plural: String) -> String {
  if let nearest = nearestNames(to: word, among: names, count: 1).first,
    editDistance(from: word, to: nearest) <= 1 + word.count / 3
  {
    return "did you mean “\(nearest)”?"
  }
  let holding = word.count < 3 ? [] : names.filter { $0.contains(word) }.prefix(5)
  if !holding.isEmpty { return "did you mean \(holding.map { "“\($0)”" }.joined(separator: " or "))?" }
  // A deep net has thousands of layers.
  let shown = names.prefix(40)
  return "\(plural) are \(shown.joined(separator: ", "))" + (shown.count < names.count ? ", …" : "")
}
