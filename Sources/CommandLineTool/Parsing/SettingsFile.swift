import ExperimentHarness
import Experiments
import Foundation
import Support

/// The settings of an experiment that a JSON file gives: an object with their names as keys and numbers as values. Throws a
/// `UsageError` if the file is not such an object, and if a key or a value is not one that the experiment takes.
func settingsFile(_ path: String, of experiment: Experiment) throws(UsageError) -> [String: Double] {
  let data: Data
  do { data = Data(try InputFile(path: path).contents()) } catch {
    throw .noSettingsFile(path: path, reason: error.reason)
  }
  let members: [JSONMember]
  do {
    members = try StrictJSON(data).root.members
  } catch {
    throw .brokenSettingsFile(path: path, error)
  }
  var values: [String: Double] = [:]
  for member in members {
    guard let setting = experiment.settings.first(where: { $0.name == member.name }) else {
      throw .unknownSetting(member.name, path: path, settings: experiment.settings.map(\.name))
    }
    guard case .number(let digits) = member.value.content else {
      throw .brokenSettingsFile(path: path, member.value.mismatch("a number"))
    }
    try Flag(name: "\(path): \(member.name)", kind: Flag(setting).kind, help: setting.help).check(String(digits))
    values[member.name] = Double(digits)
  }
  return values
}
