import Experiments
import NeuralNetworks
import Rheoscope

extension CommandError: CustomStringConvertible {
  var description: String {
    switch self {
    case .noCommand: "no command given; see rheoscope help"
    case .unknownCommand(let name):
      "there is no command “\(name)”\(suggestion(name, Grammar.commands.map(\.name))); see rheoscope help"
    case .unknownOption(let flag, let command, let known):
      "\(command) has no option \(flag)\(suggestion(flag, known)); see rheoscope help \(command)"
    case .missingValue(let option): "\(option) needs a value behind it"
    case .badValue(let option, let text, let need): "\(option) \(text): \(need)"
    case .repeatedOption(let option): "\(option) is given twice"
    case .unexpectedArgument(let text, let command): "\(command) can do nothing with “\(text)”; see rheoscope help \(command)"
    case .missingArgument(let command, let what): "\(command) needs \(what); see rheoscope help \(command)"
    case .missingOption(let option, let command): "\(command) needs \(option); see rheoscope help \(command)"
    case .unknownExperiment(let name):
      "there is no experiment “\(name)”\(suggestion(name, Experiment.all.map(\.name))); see rheoscope list"
    case .unknownChart(let name): "there is no chart “\(name)”\(suggestion(name, ChartKind.all.map(\.name))); see rheoscope list"
    }
  }
}

/// “, did you mean X?” where a name is near enough to be what was meant.
private func suggestion(_ name: String, _ known: [String]) -> String {
  guard let nearest = nearestNames(to: name, among: known, count: 1).first else { return "" }
  let close = edits(from: name, to: nearest) <= max(2, name.count / 3)
  return close || (name.count > 2 && nearest.hasPrefix(name)) ? ", did you mean “\(nearest)”?" : ""
}
