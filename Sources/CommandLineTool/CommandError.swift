/// What can be wrong with what the user typed.
enum CommandError: Error {
  case noCommand
  case unknownCommand(String)
  case unknownOption(String, command: String, known: [String])
  case missingValue(option: String)
  case badValue(option: String, text: String, need: String)
  case repeatedOption(String)
  case unexpectedArgument(String, command: String)
  case missingArgument(command: String, what: String)
  case missingOption(String, command: String)
  case unknownExperiment(String)
  case unknownChart(String)
}
