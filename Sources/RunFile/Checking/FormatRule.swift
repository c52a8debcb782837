/// A rule that every row of a table must meet.
struct FormatRule {
  let table: String
  /// A condition in SQL that is true for rows that break the rule.
  let broken: String
  /// The problem of such a row, and what would be right.
  let problem: String

  /// The rules of format 2, table by table.
  static let all: [FormatRule] =
    meta + sites + parameters + steps + layers + weights + scalars + facts + histograms + measures + events

  private static let meta = [
    FormatRule(
      table: "meta", broken: "typeof(value) <> 'text'", problem: "its value is not text"),
    FormatRule(
      table: "meta", broken: "' ' || value GLOB '*[ =\"'']/[^/ ]*/*'",
      problem: "it names an absolute path, which a run file must not hold; leave out the folder"),
  ]

  private static let sites = [
    FormatRule(
      table: "site", broken: "path <> module || CASE call WHEN 0 THEN '' ELSE '[' || call || ']' END",
      problem: "its path is not its module, with the call in brackets from the second on"),
    count("site", "call"), count("site", "depth"), bound("site", "call"), bound("site", "depth"),
    flag("site", "is_layer"), shape("site", "shape"),
    FormatRule(
      table: "site", broken: "is_layer = 1 AND depth < 1",
      problem: "it is a layer of depth 0; a layer's depth counts itself"),
    FormatRule(table: "site", broken: "typeof(kind) <> 'text' OR kind = ''", problem: "it has no kind"),
  ]

  private static let parameters = [
    FormatRule(
      table: "parameter", broken: "path IN (SELECT path FROM parameter GROUP BY path HAVING count(*) > 1)",
      problem: "another row has the same path"),
    shape("parameter", "shape"), shape("parameter", "optimizers"), flag("parameter", "frozen"), site("parameter"),
  ]

  private static let steps = [
    count("step", "step"), bound("step", "step"), number("step", "loss"), number("step", "learning_rate"),
    number("step", "seconds"),
    fraction("step", "accuracy"),
  ]

  private static let layers =
    [stepExists("layer"), site("layer"), unique("layer", "site")]
    + LayerQuantity.allCases.map { quantity in
      switch quantity {
      case .zeroFraction, .saturatedFraction: fraction("layer", quantity.column)
      case .activationMean, .activationMin, .activationMax: number("layer", quantity.column)
      default: size("layer", quantity.column)
      }
    }

  private static let weights =
    [
      stepExists("weight"), unique("weight", "parameter"),
      FormatRule(
        table: "weight", broken: "parameter IS NULL OR parameter NOT IN (SELECT id FROM parameter)",
        problem: "its parameter is not in the table parameter"),
      FormatRule(
        table: "weight",
        broken: """
          (SELECT CASE WHEN typeof(shape) = 'text' AND json_valid(shape) THEN json_array_length(shape) END
          FROM parameter WHERE id = parameter) < 2
          """,
        problem: "its parameter has fewer than two dimensions"),
    ] + WeightQuantity.allCases.map { size("weight", $0.column) }

  private static let scalars = [
    count("scalar", "step"), bound("scalar", "step"), name("scalar", "name"), number("scalar", "value"),
  ]

  private static let facts = [
    FormatRule(
      table: "fact", broken: "step IS NOT NULL AND (typeof(step) <> 'integer' OR step < 0)",
      problem: "its step is no whole number of 0 or more, and not NULL"),
    FormatRule(
      table: "fact", broken: "subject NOT IN ('site', 'parameter', 'input', 'target', 'loss', 'model')",
      problem: "its subject is none of site, parameter, input, target, loss and model"),
    FormatRule(
      table: "fact",
      broken: "subject = 'site' AND (item IS NULL OR item NOT IN (SELECT CAST(id AS TEXT) FROM site))",
      problem: "its item is not the id of a site"),
    FormatRule(
      table: "fact", broken: "subject = 'parameter' AND (item IS NULL OR item NOT IN (SELECT path FROM parameter))",
      problem: "its item is not the path of a parameter"),
    FormatRule(
      table: "fact",
      broken: """
        CASE type
        WHEN 'number' THEN NOT (typeof(value) IN ('real', 'integer') OR (typeof(value) = 'text' AND value = 'NaN'))
        WHEN 'text' THEN typeof(value) <> 'text'
        WHEN 'json' THEN typeof(value) <> 'text' OR NOT json_valid(value)
        ELSE 1 END
        """,
      problem: "its value does not have its type: number, text or json"),
    name("fact", "name"),
  ]

  private static let histograms = [
    count("histogram", "step"), bound("histogram", "step"), site("histogram"), name("histogram", "quantity"),
    FormatRule(table: "histogram", broken: "typeof(counts) <> 'blob'", problem: "its counts are not a blob"),
  ]

  private static let measures = [
    count("measure", "step"), bound("measure", "step"), site("measure"), name("measure", "name"),
    number("measure", "value"),
  ]

  private static let events = [
    count("event", "step"), bound("event", "step"), site("event"), name("event", "kind"),
    FormatRule(table: "event", broken: "typeof(text) <> 'text'", problem: "its text is not text"),
  ]

  // MARK: Kinds of rules

  private static func count(_ table: String, _ column: String) -> FormatRule {
    FormatRule(
      table: table, broken: "typeof(\(column)) <> 'integer' OR \(column) < 0",
      problem: "\(column) is no whole number of 0 or more")
  }

  /// Numbers that pass `count` but are above the largest that readers take.
  private static func bound(_ table: String, _ column: String) -> FormatRule {
    FormatRule(
      table: table, broken: "typeof(\(column)) = 'integer' AND \(column) > \(largestWholeNumber)",
      problem: "\(column) is above \(largestWholeNumber)")
  }

  private static func flag(_ table: String, _ column: String) -> FormatRule {
    FormatRule(
      table: table, broken: "\(column) IS NULL OR \(column) NOT IN (0, 1)", problem: "\(column) is neither 0 nor 1")
  }

  private static func name(_ table: String, _ column: String) -> FormatRule {
    FormatRule(
      table: table, broken: "typeof(\(column)) <> 'text' OR \(column) = ''", problem: "\(column) is no text, or empty")
  }

  private static func isNoNumber(_ column: String) -> String {
    "(typeof(\(column)) NOT IN ('real', 'integer', 'null') AND NOT (typeof(\(column)) = 'text' AND \(column) = 'NaN'))"
  }

  private static func number(_ table: String, _ column: String) -> FormatRule {
    FormatRule(
      table: table, broken: isNoNumber(column), problem: "\(column) is no number, nor the text NaN, nor NULL")
  }

  private static func size(_ table: String, _ column: String) -> FormatRule {
    FormatRule(
      table: table, broken: "\(isNoNumber(column)) OR (typeof(\(column)) <> 'text' AND \(column) < 0)",
      problem: "\(column) is no number of 0 or more, nor the text NaN, nor NULL")
  }

  private static func fraction(_ table: String, _ column: String) -> FormatRule {
    FormatRule(
      table: table,
      broken: "\(isNoNumber(column)) OR (typeof(\(column)) <> 'text' AND \(column) NOT BETWEEN 0 AND 1)",
      problem: "\(column) is no fraction from 0 to 1, nor the text NaN, nor NULL")
  }

  private static func shape(_ table: String, _ column: String) -> FormatRule {
    FormatRule(
      table: table,
      broken: """
        CASE WHEN typeof(\(column)) <> 'text' THEN 1 WHEN NOT json_valid(\(column)) THEN 1
        WHEN json_type(\(column)) <> 'array' THEN 1
        ELSE EXISTS (SELECT 1 FROM json_each(\(column)) WHERE type <> 'integer' OR atom < 0) END
        """, problem: "\(column) is no JSON array of whole numbers of 0 or more")
  }

  private static func site(_ table: String) -> FormatRule {
    FormatRule(
      table: table, broken: "site IS NOT NULL AND site NOT IN (SELECT id FROM site)",
      problem: "its site is not in the table site")
  }

  private static func stepExists(_ table: String) -> FormatRule {
    FormatRule(
      table: table, broken: "step IS NULL OR step NOT IN (SELECT step FROM step)",
      problem: "its step is not in the table step")
  }

  private static func unique(_ table: String, _ key: String) -> FormatRule {
    FormatRule(
      table: table,
      broken: "rowid NOT IN (SELECT min(rowid) FROM \(table) GROUP BY step, \(key))",
      problem: "an earlier row has the same step and \(key)")
  }
}
