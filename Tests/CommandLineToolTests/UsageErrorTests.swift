import ExperimentHarness
import Experiments
import TestSupport
import Testing

/// A mistake on the command line, and the line that answers it.
struct Mistake: CustomTestStringConvertible {
  let words: String
  let answer: String

  init(_ words: String, _ answer: String) {
    self.words = words
    self.answer = answer
  }

  var testDescription: String { words }

  static let all = [
    Mistake("rum activations", "there is no command “rum”; did you mean “run”?"),
    Mistake(
      "frobnicate",
      "there is no command “frobnicate”; commands are list, run, verify, tally, new, render, show, diagnose, predict, check, report, runs, info, compare, completions, help"
    ),
    Mistake("--verison", "there is no command “--verison”; did you mean “--version”?"),
    Mistake("help rendr", "there is no command “rendr”; did you mean “render”?"),
    Mistake("help run list", "help takes only [COMMAND], so “list” is not expected"),
    Mistake("list all", "list takes nothing, so “all” is not expected"),
    Mistake("list --depth 5", "list has no flags, so “--depth” can't be one"),
    Mistake("run", "run needs EXPERIMENT|all; see rheoscope help run"),
    Mistake("run activation", "there is no experiment “activation”; did you mean “activations”?"),
    Mistake(
      "run x",
      "there is no experiment “x”; experiments are \(Experiment.all.map(\.name).joined(separator: ", "))"),
    Mistake("run activations residual", "run activations takes nothing, so “residual” is not expected"),
    Mistake("run --seeds 3", "run needs EXPERIMENT|all; see rheoscope help run"),
    Mistake("run activations --depht 5", "run activations has no flag “--depht”; did you mean “--depth”?"),
    Mistake("run --depht 5 activations", "run activations has no flag “--depht”; did you mean “--depth”?"),
    Mistake(
      "run activations --learning_rate=1",
      "run activations has no flag “--learning_rate”; did you mean “--learning-rate”?"),
    Mistake("run all --outt 5", "run all has no flag “--outt”; did you mean “--out”?"),
    Mistake(
      "run all --depth 5",
      "run all uses each experiment's own settings, so --depth can't be given; run one experiment: run EXPERIMENT --depth …"
    ),
    Mistake("run residual --quick --full", "--quick and --full exclude each other; give one of them"),
    Mistake("run residual --quick=yes", "--quick takes no value; leave out the = and what follows it"),
    Mistake(
      "run residual --settings none.json",
      "none.json: no such file; --settings is a JSON file such as {\"depth\": 30}"),
    Mistake("verify", "verify needs FOLDER…; see rheoscope help verify"),
    Mistake("new", "new needs NAME; see rheoscope help new"),
    Mistake(
      "run activations -d 5",
      "run activations has no flag “-d”; flags are --depth, --width, --batch, --steps, --seeds, "
        + "--first-seed, --learning-rate, --quick, --full, --settings, --resume, --checkpoint, --jobs, --threads, --data, --out"
    ),
    Mistake("run activations --depth", "--depth needs a value: --depth N"),
    Mistake("run activations --depth 0", "--depth is at least 2, not 0"),
    Mistake("run activations --depth=1", "--depth is at least 2, not 1"),
    Mistake("run activations --depth -3", "--depth is at least 2, not -3"),
    Mistake("run activations --depth 1000000", "--depth is at most 20000, not 1000000"),
    Mistake("run activations --depth ten", "--depth is a whole number from 2 to 20000, not “ten”"),
    Mistake("run activations --depth 5.5", "--depth is a whole number from 2 to 20000, not “5.5”"),
    Mistake(
      "run activations --depth 99999999999999999999",
      "--depth is a whole number from 2 to 20000, not “99999999999999999999”"),
    Mistake("run activations --depth 5 --depth 6", "--depth is given twice; give it once"),
    Mistake("run activations --width 0", "--width is at least 1, not 0"),
    Mistake("run activations --batch 60001", "--batch is at most 60000, not 60001"),
    Mistake("run activations --steps 0", "--steps is at least 1, not 0"),
    Mistake("run activations --seeds 0", "--seeds is at least 1, not 0"),
    Mistake("run activations --jobs 0", "--jobs is at least 1, not 0"),
    Mistake("run activations --threads 0", "--threads is at least 1, not 0"),
    Mistake("run activations --learning-rate 0", "--learning-rate is above 0, not 0"),
    Mistake("run activations --learning-rate fast", "--learning-rate is a number, not “fast”"),
    Mistake("run activations --learning-rate nan", "--learning-rate is a number, not “nan”"),
    Mistake("run activations --learning-rate 1e9", "--learning-rate is at most 1000, not 1e9"),
    Mistake("run activations --out=", "--out needs a value: --out DIR"),
    Mistake("render", "render needs RUN…; see rheoscope help render"),
    Mistake("render a.rheo --chart los --out a.png", "--chart can't be “los”; did you mean “loss”?"),
    Mistake(
      "render a.rheo --chart loss --out a.gif", "--out is a file whose name ends in .png or .svg or .pdf, not “a.gif”"),
    Mistake(
      "render a.rheo --chart loss --out a.png --format svg",
      "“a.png” does not end in .svg; change one of them, or leave out --format"),
    Mistake(
      "render a.rheo --chart all --out a.png",
      "--chart all draws many pictures, and “a.png” is one file; give a folder"),
    Mistake("render a.rheo --measure a --scalar b", "--measure and --scalar exclude each other; give one of them"),
    Mistake("render a.rheo --chart loss --measure a", "--chart and --measure exclude each other; give one of them"),
    Mistake("render a.rheo --measure=", "--measure needs a value: --measure NAME"),
    Mistake("render a.rheo --theme drak", "--theme can't be “drak”; did you mean “dark”?"),
    Mistake("render a.rheo --format jpeg", "--format can't be “jpeg”; did you mean “png”?"),
    Mistake("render a.rheo --scale 0", "--scale is above 0, not 0"),
    Mistake("render a.rheo --list=x", "--list takes no value; leave out the = and what follows it"),
    Mistake("render a.rheo --smooth 1", "--smooth is a number from 0 to below 1, such as 0.95, not “1”"),
    Mistake(
      "render a.rheo --steps 9:3", "--steps is a first and a last step, such as 0:100, 50: or :50, not “9:3”"),
    Mistake(
      "render a.rheo --steps :", "--steps is a first and a last step, such as 0:100, 50: or :50, not “:”"),
    Mistake(
      "render a.rheo --width 9cm",
      "--width is a length such as 900 (units of 1/96 inch), 1800px (pixels) or 400pt (points), not “9cm”"),
    Mistake("tally a", "tally needs --out FILE: the table, a Markdown file"),
    Mistake("tally a --out b.txt", "--out is a file whose name ends in .md, not “b.txt”"),
    Mistake("show", "show needs RUN…; see rheoscope help show"),
    Mistake("diagnose", "diagnose needs RUN…; see rheoscope help diagnose"),
    Mistake("diagnose --explain", "--explain needs a value: --explain NAME"),
    Mistake(
      "diagnose --explain vanishing-gradeint",
      "--explain can't be “vanishing-gradeint”; did you mean “vanishing-gradient”?"),
    Mistake(
      "diagnose --explain vanishing",
      "--explain can't be “vanishing”; did you mean “vanishing-gradient” or “vanishing-activations”?"),
    Mistake(
      "diagnose a.rheo --explain dead-units", "diagnose --explain takes only NAME, so “a.rheo” is not expected"),
    Mistake(
      "diagnose --explain dead-units --rule dead-units",
      "--explain and --rule exclude each other; give one of them"),
  ]
}

@Suite struct UsageErrorTests {
  @Test(arguments: Mistake.all) func oneLineSaysWhatWouldBeRight(_ mistake: Mistake) throws {
    let run = try runTool(words: mistake.words.split(separator: " ").map(String.init))
    #expect(run.code == 2)
    #expect(run.output == "")
    #expect(run.errors == "rheoscope: \(mistake.answer)\n")
  }
}
