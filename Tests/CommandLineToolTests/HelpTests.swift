import ExperimentHarness
import Experiments
import Testing

@Suite struct HelpTests {
  @Test(arguments: [["help"], ["--help"], ["-h"], []]) func overview(_ words: [String]) throws {
    let run = try runTool(words: words)
    #expect(run.code == 0 && run.errors == "")
    #expect(
      run.output == """
        Rheoscope shows how gradients flow through a neural net while it trains.

        rheoscope COMMAND [flags]

          list                 Names the experiments and what they ask.
          run EXPERIMENT|all   Carries out an experiment, or all: judges its claims, draws what happened, and writes a report.
          verify FOLDER…       Runs experiments again in a temporary folder, and says what is not as it was.
          tally FOLDER…        Writes a table of in how many seeds each claim holds, from the results of experiments.
          new NAME             Writes an experiment of your own into experiments/, ready to be run and changed.
          render RUN…          Draws charts of one run file or several.
          show RUN…            Draws loss and gradient flow of runs in the terminal.
          diagnose RUN…        Says in words what went wrong in run files, and why.
          help [COMMAND]       Says how a command is used.

        rheoscope help COMMAND says more about one, rheoscope --version which this is.

        """)
  }

  @Test(arguments: [["help", "run"], ["run", "--help"], ["run", "nonsense", "-h"]]) func run(_ words: [String]) throws {
    let run = try runTool(words: words)
    #expect(run.code == 0 && run.errors == "")
    let list = try runTool("list").output
    #expect(
      run.output == """
        rheoscope run EXPERIMENT|all [flags]

        Carries out an experiment, or all: judges its claims, draws what happened, and writes a report.

        Experiments:
        \(list)
        Flags:
          --quick           settings for a look that takes seconds; some claims are not judged
          --full            settings for a look that takes its time, with more seeds
          --settings FILE   a JSON file of settings, such as {"depth": 30}; flags count for more
          --jobs N          trials that are under way at once (default: one a core)
          --threads N       threads of one trial (default: 1)
          --data DIR        where Fashion-MNIST's four files are
          --out DIR         where results go (default: output/EXPERIMENT, with --quick or --full output/quick or output/full; all: without EXPERIMENT)

        The settings of one: rheoscope run EXPERIMENT --help.

        """)
  }

  @Test func runOfOneExperiment() throws {
    #expect(
      try runTool("run", "vanishing-product", "--help").output == """
        rheoscope run vanishing-product [flags]

        Why does 0.9⁵⁰ matter?

        Flags:
          --depth N         number of layers with weights, at least 2 (default: 50)
          --width N         units per hidden layer (default: 32)
          --seeds N         trials per variant, with seeds 0, 1, … (default: 3, full: 20)
          --quick           settings for a look that takes seconds; some claims are not judged
          --full            settings for a look that takes its time, with more seeds
          --settings FILE   a JSON file of settings, such as {"depth": 30}; flags count for more
          --jobs N          trials that are under way at once (default: one a core)
          --threads N       threads of one trial (default: 1)
          --data DIR        where Fashion-MNIST's four files are
          --out DIR         where results go (default: output/EXPERIMENT, with --quick or --full output/quick or output/full; all: without EXPERIMENT)

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
    #expect(
      try runTool("help", "new").output
        == "rheoscope new NAME\n\nWrites an experiment of your own into experiments/, ready to be run and changed.\n")
    #expect(try runTool("help", "help").output == "rheoscope help [COMMAND]\n\nSays how a command is used.\n")
  }

  @Test func list() throws {
    let run = try runTool("list")
    #expect(run.code == 0 && run.errors == "")
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == Experiment.all.count)
    for (line, experiment) in zip(lines, Experiment.all) {
      #expect(line.hasPrefix("  \(experiment.name) ") && line.hasSuffix(" \(experiment.question)"))
    }
  }

  @Test func version() throws {
    let run = try runTool("--version")
    #expect(run.code == 0 && run.output == "rheoscope 0.1.0\n" && run.errors == "")
  }
}
