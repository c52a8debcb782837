/// Commands and their flags, for programs.
struct CommandTable: Encodable {
  private struct CommandRecord: Encodable {
    let name, operands, summary: String
    let flags: [FlagRecord]
  }

  private struct FlagRecord: Encodable {
    let name, value, help: String
    let choices: [String]?
  }

  private let commands: [CommandRecord]

  init(_ commands: [Command]) {
    self.commands = commands.map { command in
      let flags = command.flags.map { flag in
        var choices: [String]?
        if case .choice(let words, _) = flag.kind { choices = words }
        return FlagRecord(name: flag.name, value: flag.placeholder, help: flag.help, choices: choices)
      }
      return CommandRecord(name: command.name, operands: command.operands, summary: command.summary, flags: flags)
    }
  }
}
