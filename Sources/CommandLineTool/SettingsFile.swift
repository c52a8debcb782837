import Experiments
import Foundation

/// The settings of an experiment that a JSON file gives: an object with their names as keys and numbers as values. Throws a
/// `UsageError` where it is none, and where a key or a value is not among the experiment's.
func settingsFile(_ path: String, of experiment: Experiment) throws(UsageError) -> [String: Double] {
  guard let data = FileManager.default.contents(atPath: path) else { throw .noSettingsFile(path: path) }
  guard let object = try? JSONDecoder().decode([String: SettingValue].self, from: data) else {
    throw .brokenSettingsFile(path: path)
  }
  var values: [String: Double] = [:]
  for (name, value) in object.sorted(by: { $0.key < $1.key }) {
    guard let setting = experiment.settings.first(where: { $0.name == name }) else {
      throw .unknownSetting(name, path: path, settings: experiment.settings.map(\.name))
    }
    try Flag(name: "\(path): \(name)", kind: Flag(setting).kind, help: setting.help).check(value.text)
    values[name] = Double(value.text)
  }
  return values
}

/// A value as text, so that what is no number can be named as it is.
private struct SettingValue: Decodable {
  let text: String

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Int.self) {
      text = "\(number)"
    } else if let number = try? container.decode(Double.self) {
      text = "\(number)"
    } else if let word = try? container.decode(String.self) {
      text = word
    } else {
      text = (try? container.decode(Bool.self)).map { "\($0)" } ?? "null"
    }
  }
}
