import CommandLineTool
import Foundation

@main struct Main {
  static func main() {
    // Writing to a pipe that has been closed should end the program quietly, as it does other tools.
    signal(SIGPIPE, SIG_DFL)
    exit(Tool.run(Array(CommandLine.arguments.dropFirst())))
  }
}
