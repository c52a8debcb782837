import Rheoscope

/// What the tool can be told to do: a line in the list of commands, with its flags.
struct Command {
  let name: String
  /// What comes after the name, besides flags.
  let operands: String
  /// How many of them there may be.
  let operandCount: ClosedRange<Int>
  /// What it does, in a line.
  let summary: String
  let flags: [Flag]

  static let all = [list, run, render, show, diagnose, help]

  static let list = Command(
    name: "list", operands: "", operandCount: 0...0, summary: "Names the experiments and what they ask.", flags: [])

  static let run = Command(
    name: "run", operands: "EXPERIMENT", operandCount: 1...1,
    summary: "Trains the nets that an experiment compares, judges its claims, and draws what happened.",
    flags: [
      Flag(name: "--depth", kind: .whole(2...20_000), help: "layers with weights, at least 2"),
      Flag(name: "--width", kind: .whole(1...65_536), help: "units of a hidden layer"),
      Flag(name: "--batch", kind: .whole(1...60_000), help: "images that a step learns from"),
      Flag(name: "--steps", kind: .whole(1...100_000_000), help: "steps of gradient descent"),
      Flag(name: "--seeds", kind: .whole(1...10_000), help: "how often each variant is trained: seeds 0, 1, …"),
      Flag(name: "--learning-rate", kind: .positive(upTo: 1_000), help: "by how much of the gradient a step moves"),
      Flag(name: "--jobs", kind: .whole(1...1_024), help: "nets that are trained at once (default: one a core)"),
      Flag(name: "--threads", kind: .whole(1...1_024), help: "threads that train one net (default: 1)"),
      Flag(name: "--data", kind: .path(placeholder: "DIR"), help: "where Fashion-MNIST's four files are"),
      Flag(name: "--out", kind: .path(placeholder: "DIR"), help: "where results go (default: output/EXPERIMENT)"),
    ])

  static let diagnose = Command(
    name: "diagnose", operands: "RUN…", operandCount: 1...Int.max,
    summary: "Says in words what went wrong in run files, and why.", flags: [])

  static let help = Command(
    name: "help", operands: "[COMMAND]", operandCount: 0...1, summary: "Says how a command is used.", flags: [])
}
