import Testing

@Suite struct HelpTests {
  @Test(arguments: [["help"], ["--help"], ["-h"], []]) func overview(_ words: [String]) throws {
    let run = try runTool(words: words)
    #expect(run.code == 0 && run.errors == "")
    #expect(
      run.output == """
        Rheoscope shows how gradients flow through a neural net while it trains.

        rheoscope COMMAND [flags]

          list             Names the experiments and what they ask.
          run EXPERIMENT   Trains the nets that an experiment compares, judges its claims, and draws what happened.
          render RUN…      Draws a chart of one run file or several.
          diagnose RUN…    Says in words what went wrong in run files, and why.
          help [COMMAND]   Says how a command is used.

        rheoscope help COMMAND says more about one, rheoscope --version which this is.

        """)
  }

  @Test(arguments: [["help", "run"], ["run", "--help"], ["run", "activations", "-h"]]) func run(_ words: [String])
    throws
  {
    let run = try runTool(words: words)
    #expect(run.code == 0 && run.errors == "")
    #expect(
      run.output == """
        rheoscope run EXPERIMENT [flags]

        Trains the nets that an experiment compares, judges its claims, and draws what happened.

        Experiments:
          activations      ReLU, sigmoid or tanh: which of them lets the first layer of a deep net learn?
          residual         What do shortcuts change, if everything else is the same?
          initialization   How large should the weights of a deep net of ReLU be when training begins?

        Flags:
          --depth N           layers with weights, at least 2
          --width N           units of a hidden layer
          --batch N           images that a step learns from
          --steps N           steps of gradient descent
          --seeds N           how often each variant is trained: seeds 0, 1, …
          --learning-rate X   by how much of the gradient a step moves
          --jobs N            nets that are trained at once (default: one a core)
          --threads N         threads that train one net (default: 1)
          --data DIR          where Fashion-MNIST's four files are
          --out DIR           where results go (default: output/EXPERIMENT)

        Without flags:
          activations      --depth 50 --width 64 --batch 64 --steps 600 --seeds 3 --learning-rate 0.01
          residual         --depth 50 --width 64 --batch 64 --steps 600 --seeds 3 --learning-rate 0.05
          initialization   --depth 50 --width 64 --batch 64 --steps 600 --seeds 3 --learning-rate 0.01

        """)
  }

  @Test func render() throws {
    #expect(
      try runTool("help", "render").output == """
        rheoscope render RUN… [flags]

        Draws a chart of one run file or several.

        Flags:
          --chart KIND   loss, accuracy, gradient-flow, weight-gradients, updates, gradient-profile, gradient-strip, activations, update-ratio, dashboard, comparison
          --out FILE     the picture to write; its name ends in .png

        """)
  }

  @Test func commandsWithoutFlags() throws {
    #expect(try runTool("help", "list").output == "rheoscope list\n\nNames the experiments and what they ask.\n")
    #expect(
      try runTool("help", "diagnose").output
        == "rheoscope diagnose RUN…\n\nSays in words what went wrong in run files, and why.\n")
    #expect(try runTool("help", "help").output == "rheoscope help [COMMAND]\n\nSays how a command is used.\n")
  }

  @Test func list() throws {
    let run = try runTool("list")
    #expect(run.code == 0 && run.errors == "")
    #expect(
      run.output == """
          activations      ReLU, sigmoid or tanh: which of them lets the first layer of a deep net learn?
          residual         What do shortcuts change, if everything else is the same?
          initialization   How large should the weights of a deep net of ReLU be when training begins?

        """)
  }

  @Test func version() throws {
    let run = try runTool("--version")
    #expect(run.code == 0 && run.output == "rheoscope 0.1.0\n" && run.errors == "")
  }
}
