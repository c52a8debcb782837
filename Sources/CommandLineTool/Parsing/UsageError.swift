import Rheoscope
import Support

/// What can be wrong with a command line.
enum UsageError: Error, Equatable {
  case unknownCommand(String, commands: [String])
  case unknownExperiment(String, experiments: [String])
  case unknownFlag(String, command: String, flags: [String])
  /// A setting of single experiments, given to `run all`.
  case settingOfOne(flag: String)
  case missingValue(flag: String, placeholder: String)
  case surplusValue(flag: String)
  case missingFlag(flag: String, placeholder: String, command: String, help: String)
  case repeated(flag: String)
  case missingOperand(command: String, operands: String)
  case surplusOperand(String, command: String, operands: String)
  case exclusive(String, String)
  case noSettingsFile(path: String, reason: String)
  case brokenSettingsFile(path: String, JSONError)
  case unknownSetting(String, path: String, settings: [String])
  case notWhole(flag: String, value: String, range: ClosedRange<Int>)
  case notNumber(flag: String, value: String)
  case notPositive(flag: String, value: String)
  case tooSmall(flag: String, value: String, least: String)
  case tooLarge(flag: String, value: String, most: String)
  case wrongEnding(flag: String, value: String, endings: [String])
  case unknownChoice(flag: String, value: String, choices: [String])
  case notFraction(flag: String, value: String)
  case notSteps(flag: String, value: String)
  case notLength(flag: String, value: String)
  case severalCharts(out: String)
  case otherFormat(out: String, format: String)
  /// No run has a measure or scalar of this name, but others.
  case unknownName(ChartError)
  case unknownLayers(pattern: String, paths: [String])
  case noSuchSteps(flag: String, recorded: ClosedRange<Int>)
}
