import CommandLineTool
import Foundation

@main struct Main {
  static func main() {
    exit(Tool().run(Array(CommandLine.arguments.dropFirst())))
  }
}
