import ExperimentHarness
import Experiments
import Foundation

/// The settings of an experiment that a JSON file gives: an object with their names as keys and numbers as values. Throws a
/// `UsageError` where it is none, and where a key or a value is not among the experiment's.
func settingsFile(_ path: String, of experiment: Experiment) throws(UsageError) -> [String: Double] {
  guard let data = FileManager.default.contents(atPath: path) else { throw .noSettingsFile(path: path) }
  let pairs: [(name: String, value: String)]
  do {
    pairs = try FlatObject(data).pairs
  } catch {
    throw .brokenSettingsFile(path: path, line: error.line, column: error.column, expected: error.expected)
  }
  var values: [String: Double] = [:]
  for (name, value) in pairs {
    guard let setting = experiment.settings.first(where: { $0.name == name }) else {
      throw .unknownSetting(name, path: path, settings: experiment.settings.map(\.name))
    }
    try Flag(name: "\(path): \(name)", kind: Flag(setting).kind, help: setting.help).check(value)
    guard values.updateValue(Double(value)!, forKey: name) == nil else { throw .repeatedSetting(name, path: path) }
  }
  return values
}
