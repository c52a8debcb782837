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
          render RUN…      Draws charts of one run file or several.
          show RUN…        Draws loss and gradient flow of runs in the terminal.
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

        Draws charts of one run file or several.

        Flags:
          --list            names the charts, and draws none
          --chart KIND      one of the charts that --list names, or all that the runs have values for (default: dashboard)
          --out FILE|DIR    a picture whose name ends in .png, .svg or .pdf, or a folder (default: this one; for all: charts)
          --format FORMAT   png, svg or pdf (default: as the name of FILE ends, or png)
          --theme THEME     light or dark
          --scale X         pixels that a unit of 1/96 inch has (default: 2)
          --width N         of the picture: units of 1/96 inch, or with px pixels, with pt points
          --height N        the same (default: as suits the chart)
          --smooth X        weight of the past in averages of curves; 0 for none (default: as suits the number of steps)
          --steps A:B       only the steps from A to B; either may be missing
          --layers TEXT     only layers whose path fits: * is one component, ** any number
          --title TEXT      the picture's first line (default: what it shows)

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
