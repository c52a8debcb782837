import ExperimentHarness
import Experiments
import TestSupport
import Testing

@Suite struct HelpTests {
  @Test(arguments: [["help"], ["--help"], ["-h"], []]) func overview(_ words: [String]) throws {
    let run = try runTool(words: words)
    #expect(run.code == 0 && run.errors == "")
    #expect(
      run.output == """
        Rheoscope shows how gradients flow through a neural net while it trains.

        rheoscope COMMAND [flags]

          list                 Lists the experiments with the question that each answers.
          run EXPERIMENT|all   Runs an experiment, or all: trains its nets, checks its claims (✓ holds, ✗ fails), draws charts and writes a report.
          verify FOLDER…       Runs experiments again in a temporary folder and reports differences.
          tally FOLDER…        Counts from results of experiments in how many seeds each claim holds, and writes a table.
          new NAME             Writes a new experiment into experiments/, ready to run and to change.
          render RUN…          Draws charts of one or several run files.
          show RUN…            Draws the loss and the gradient flow of runs in the terminal.
          diagnose RUN…        Reports from run files what went wrong in training, and why.
          predict EXPERIMENT   Tells from one pass before training which layers of an experiment's nets will not learn.
          check RUN [RUN]      Checks a run file against the format's specification, or whether two runs are equal.
          report DIR|RUN…      Writes one HTML file about runs, with verdict, settings, figures and the numbers of layers at each step.
          runs DIR|RUN…        Lists runs, such as all in a folder, with their final loss and gradient factor.
          info RUN…            Prints what runs are and what is recorded in them, and which rules of diagnose need more.
          compare DIR|RUN…     Compares runs: settings that differ, final losses and gradient factors over seeds, and what diagnose finds.
          completions SHELL    Prints a script that completes commands, flags, experiments and files: source <(rheoscope completions bash), or zsh.
          help [COMMAND]       Explains how a command is used.

        rheoscope help COMMAND explains a command, rheoscope --version prints the version.
        Exit codes: 0 done; 1 failed, a claim fails, or differences or faults were found; 2 wrong usage; 3 --fail-on was hit; 129, 130, 143 ended by HUP, INT, TERM.

        """)
  }

  @Test(arguments: [["help", "run"], ["run", "--help"], ["run", "nonsense", "-h"]]) func run(_ words: [String]) throws {
    let run = try runTool(words: words)
    #expect(run.code == 0 && run.errors == "")
    let list = try runTool("list").output
    #expect(
      run.output == """
        rheoscope run EXPERIMENT|all [flags]

        Runs an experiment, or all: trains its nets, checks its claims (✓ holds, ✗ fails), draws charts and writes a report.

        Experiments:
        \(list)
        Flags:
          --quick           fast settings (seconds); some claims are not checked
          --full            thorough settings: more seeds, much more time
          --settings FILE   a JSON file of settings, such as {"depth": 30}; it overrides --quick and --full, and a setting's own flag such as --depth overrides it
          --resume          goes on with the interrupted run in the folder for results, with its settings; for all: leaves out experiments whose results are there
          --checkpoint N    steps between checkpoints, from which --resume goes on (default: 100)
          --jobs N          parallel trials, each of one net with one seed (default: one per core)
          --threads N       threads per trial (default: 1)
          --data DIR        folder with Fashion-MNIST's four files
          --out DIR         folder for results (default: output/EXPERIMENT, or with --quick or --full output/quick/EXPERIMENT or output/full/EXPERIMENT; for all: a folder per experiment in DIR)

        Settings of an experiment: rheoscope run EXPERIMENT --help.

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
          --seeds N         trials per variant (default: 3, full: 20)
          --first-seed N    seed of the first trial (default: 0)
          --quick           fast settings (seconds); some claims are not checked
          --full            thorough settings: more seeds, much more time
          --settings FILE   a JSON file of settings, such as {"depth": 30}; it overrides --quick and --full, and a setting's own flag such as --depth overrides it
          --resume          goes on with the interrupted run in the folder for results, with its settings; for all: leaves out experiments whose results are there
          --checkpoint N    steps between checkpoints, from which --resume goes on (default: 100)
          --jobs N          parallel trials, each of one net with one seed (default: one per core)
          --threads N       threads per trial (default: 1)
          --data DIR        folder with Fashion-MNIST's four files
          --out DIR         folder for results (default: output/EXPERIMENT, or with --quick or --full output/quick/EXPERIMENT or output/full/EXPERIMENT; for all: a folder per experiment in DIR)

        """)
  }

  @Test func render() throws {
    #expect(
      try runTool("help", "render").output == """
        rheoscope render RUN… [flags]

        Draws charts of one or several run files.

        Flags:
          --list            lists the charts and draws none
          --chart KIND      a chart that --list names, or the word all for every chart that the runs have values for (default: dashboard)
          --measure NAME    draws numbers that a probe recorded, such as effective_rank, instead of a chart
          --scalar NAME     draws numbers that the training program recorded, such as validation_loss, instead of a chart
          --out FILE|DIR    a file ending in .png, .svg or .pdf, or a folder (default: beside the runs, with --chart all a folder charts there)
          --format FORMAT   png, svg or pdf (default: by the ending of FILE, or png)
          --theme THEME     light or dark
          --scale X         pixels per unit of 1/96 inch in a PNG (default: 2)
          --paper PAPER     width of a paper's column (3.3 in) or page (7 in), with a height that follows from it
          --font TEXT       font family of all text (default: DejaVu Sans)
          --width N         width of the picture: 800 in units of 1/96 inch, 600pt in points, 1600px in pixels of the PNG
          --height N        height of the picture (default: by the chart)
          --smooth X        smoothing weight of curves (exponential moving average); 0 for none (default: by the number of steps)
          --steps A:B       only steps A to B; either may be missing
          --layers TEXT     only layers whose path matches: * is one component, ** any number
          --findings        marks on charts over steps what diagnose finds, from warnings on, at its first step
          --title TEXT      title of the picture (default: what it shows)

        """)
  }

  @Test func commandsWithoutFlags() throws {
    #expect(
      try runTool("help", "list").output
        == "rheoscope list\n\nLists the experiments with the question that each answers.\n")
    #expect(
      try runTool("help", "diagnose").output
        == "rheoscope diagnose RUN… [flags]\n\nReports from run files what went wrong in training, and why.\n\n"
          + """
          Flags:
            --fail-on SEVERITY   exits with 3 if a finding is a warning or worse, or a failure
            --json               prints one JSON object, for programs
            --markdown           prints Markdown, for reports
            --rule NAME          applies this rule alone, such as vanishing-gradient
            --try                trains runs of experiments again with a proposed remedy, and prints both losses
            --explain NAME       prints what a rule compares, its limits and how often it is right, or the word all for a table; takes no RUN

          """)
    #expect(
      try runTool("help", "new").output
        == "rheoscope new NAME\n\nWrites a new experiment into experiments/, ready to run and to change.\n")
    #expect(
      try runTool("help", "help").output
        == "rheoscope help [COMMAND] [flags]\n\nExplains how a command is used.\n\nFlags:\n  --json   prints commands and their flags as one JSON object, for programs\n"
    )
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
    #expect(run.code == 0 && run.output == "rheoscope 0.2.0\n" && run.errors == "")
  }
}
