import ExperimentHarness
import Experiments
import Foundation
import Rheoscope

extension Command {
  static let completions = Command(
    name: "completions", operands: "SHELL", operandCount: 1...1,
    summary:
      "Prints a script that completes commands, flags, experiments and files: source <(rheoscope completions bash), or zsh.",
    flags: [])
}

extension Tool {
  func completions(_ arguments: Arguments) throws {
    switch arguments.operands[0] {
    case "bash": console.printAsIs(Completions.bash)
    case "zsh": console.printAsIs("autoload -U +X bashcompinit && bashcompinit\n" + Completions.bash)
    case let other:
      throw UsageError.unknownChoice(flag: "completions SHELL", value: other, choices: ["bash", "zsh"])
    }
  }
}

/// The completion of command lines, made from the table of commands. zsh reads bash's script by its own `bashcompinit`.
private enum Completions {
  static var bash: String {
    """
    # Completes the command lines of rheoscope; written by: rheoscope completions
    _rheoscope() {
      local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
      COMPREPLY=()
      if [ "$COMP_CWORD" = 1 ]; then
        COMPREPLY=($(compgen -W "\(Command.all.map(\.name).joined(separator: " ")) --help --version" -- "$word"))
        return
      fi
      case "$command $before" in
    \(values.joined(separator: "\n"))
      esac
      case "$word" in
        -*)
          case "$command" in
    \(flags.joined(separator: "\n"))
          esac
          return ;;
      esac
      case "$command" in
    \(operands.joined(separator: "\n"))
        *) _rheoscope_files "$word" ;;
      esac
    }
    _rheoscope_files() {
      local IFS=$'\\n'
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -f -- "$1"))
    }
    complete -F _rheoscope rheoscope ./rheoscope
    """
  }

  private static func reply(_ words: [String]) -> String {
    "COMPREPLY=($(compgen -W \"\(words.joined(separator: " "))\" -- \"$word\"))"
  }

  /// The values that a flag takes where they are words or files.
  private static var values: [String] {
    Command.all.flatMap { command in
      command.flags.compactMap { flag in
        switch flag.kind {
        case .choice(let words, _): "    \"\(command.name) \(flag.name)\") \(reply(words)); return ;;"
        case .path, .file: "    \"\(command.name) \(flag.name)\") _rheoscope_files \"$word\"; return ;;"
        case .none: nil
        default: "    \"\(command.name) \(flag.name)\") return ;;"
        }
      }
    }
  }

  /// The flags of each command; those of `run` and `predict` with the settings of the experiment that is typed.
  private static var flags: [String] {
    Command.all.map { command in
      let plain = reply(command.flags.map(\.name) + ["--help"])
      guard [Command.run.name, Command.predict.name].contains(command.name) else {
        return "        \(command.name)) \(plain) ;;"
      }
      let settings = Experiment.all.map { experiment in
        let full = command.name == Command.run.name ? Command.run(experiment) : .predict(experiment)
        return "            \(experiment.name)) \(reply(full.flags.map(\.name) + ["--help"])) ;;"
      }
      return """
                \(command.name))
                  case "${COMP_WORDS[2]}" in
        \(settings.joined(separator: "\n"))
                    *) \(plain) ;;
                  esac ;;
        """
    }
  }

  /// The first operand of each command where it is no file.
  private static var operands: [String] {
    let experiments = Experiment.all.map(\.name)
    return [
      "    run) \(reply(experiments + ["all"])) ;;", "    predict) \(reply(experiments)) ;;",
      "    help) \(reply(Command.all.map(\.name))) ;;", "    completions) \(reply(["bash", "zsh"])) ;;",
      "    list | new) ;;",
    ]
  }
}
