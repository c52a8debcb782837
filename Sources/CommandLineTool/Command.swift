import Experiments
import Rheoscope

/// What the user asks for.
enum Command {
  case list
  case run(ExperimentRun)
  case render(runs: [String], chart: ChartKind, out: String)
  case diagnose(runs: [String])
  case help(topic: String?)
  case version
}

/// An option with a value, and how it is described.
struct Option {
  let flag: String
  let value: String
  let summary: String
}

/// What each command takes; the order is that of the help text.
enum Grammar {
  static let commands: [(name: String, arguments: String, summary: String)] = [
    ("list", "", "list the experiments and charts"),
    ("run", "NAME [options]", "carry out an experiment and write its results"),
    ("render", "RUN… --chart KIND --out FILE", "draw a chart of recorded runs"),
    ("diagnose", "RUN…", "say what is wrong with recorded runs"),
    ("help", "[COMMAND]", "explain a command"),
  ]

  static let runOptions = [
    Option(flag: "--depth", value: "N", summary: "layers with weights, 3 or more"),
    Option(flag: "--width", value: "N", summary: "units in a hidden layer"),
    Option(flag: "--batch", value: "N", summary: "pictures in a training step"),
    Option(flag: "--steps", value: "N", summary: "training steps"),
    Option(flag: "--seeds", value: "N", summary: "nets trained of each variant"),
    Option(flag: "--learning-rate", value: "X", summary: "the step's size"),
    Option(flag: "--jobs", value: "N", summary: "nets trained at a time; as many as cores unless given"),
    Option(flag: "--threads", value: "N", summary: "threads for the matrix products of each net; 1 unless given"),
    Option(flag: "--data", value: "DIR", summary: "folder of the four Fashion-MNIST files"),
    Option(flag: "--out", value: "DIR", summary: "where results go; output/NAME unless given"),
  ]

  static let renderOptions = [
    Option(flag: "--chart", value: "KIND", summary: "which chart, see rheoscope list"),
    Option(flag: "--out", value: "FILE", summary: "the picture, ending in .png"),
  ]
}
