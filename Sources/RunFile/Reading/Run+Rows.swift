import Support

// The tables that are read when they are asked for.

extension Run {
  /// The rows of the table `measure` with this name, in order of steps; empty if there are none. Throws a `RunFileError` if
  /// the file can't be read.
  public func measures(_ name: MeasureName) throws -> [Measure] {
    try reading {
      try $0.rows(
        ["step", "site", "value", rowNumber], of: "measure", "WHERE name = ? ORDER BY step, site", name.rawValue
      ) { Measure(step: try $0.whole(0), site: try $0.optionalID(1), value: try $0.number(2) ?? .nan) }
    }
  }

  /// The measures of sites with this name as a grid, sites × steps; those of the whole model are left out. Of two rows with the same step
  /// and site, the later one is used. Throws a `RunFileError` if the file can't be read.
  package func measureGrid(_ name: MeasureName) throws -> (steps: [Int], grid: Grid) {
    let measures = try measures(name).filter { $0.site != nil }
    let steps = Set(measures.map(\.step)).sorted()
    let columns = Dictionary(uniqueKeysWithValues: steps.enumerated().map { ($1, $0) })
    let rows = Dictionary(sites.enumerated().map { ($1.id, $0) }) { $1 }
    do {
      try GridTooSparse.check(rows: sites.count, columns: steps.count, filled: measures.count, table: "measure")
      var values = [Double](repeating: .nan, count: sites.count * steps.count)
      var recorded = [Bool](repeating: false, count: values.count)
      for measure in measures {
        guard let site = measure.site, let column = columns[measure.step] else { continue }
        guard let row = rows[site] else {
          throw RowScan.UnknownKey(table: "measure", key: "site", step: measure.step, value: site)
        }
        values[row * steps.count + column] = measure.value
        recorded[row * steps.count + column] = true
      }
      return (steps, Grid(rows: sites.count, columns: steps.count, values: values, recorded: recorded))
    } catch {
      throw runFileError(error, reading: path)
    }
  }

  /// The names of all measures, in alphabetical order. Throws a `RunFileError` if the file can't be read.
  public func measureNames() throws -> [MeasureName] {
    try reading {
      try $0.rows(["name", rowNumber], of: "measure", Self.namesInOrder) { MeasureName(rawValue: try $0.text(0)) }
    }
  }

  /// The scalars with this name, such as `validation_loss`, in order of steps; empty if there are none. Throws a `RunFileError`
  /// if the file can't be read.
  public func scalars(_ name: String) throws -> [Scalar] {
    guard format > 1 else { return [] }
    return try reading {
      try $0.rows(["step", "value", rowNumber], of: "scalar", "WHERE name = ? ORDER BY step, rowid", name) {
        Scalar(step: try $0.whole(0), value: try $0.number(1) ?? .nan)
      }
    }
  }

  /// The names of all scalars, in alphabetical order. Throws a `RunFileError` if the file can't be read.
  public func scalarNames() throws -> [String] {
    guard format > 1 else { return [] }
    return try reading { try $0.rows(["name", rowNumber], of: "scalar", Self.namesInOrder) { try $0.text(0) } }
  }

  private static let namesInOrder = "GROUP BY name ORDER BY name"

  /// The facts about the training, in the order in which they were written; those of unknown subjects and types are left out. Throws a
  /// `RunFileError` if the file can't be read.
  public func facts() throws -> [Fact] {
    guard format > 1 else { return [] }
    return try reading { database in
      try database.rows(
        ["step", "subject", "item", "name", "type", "value", rowNumber], of: "fact", "ORDER BY rowid"
      ) { row -> Fact? in
        let subject = Fact.Subject(kind: try row.text(1), item: try row.optionalText(2)),
          name = FactName(rawValue: try row.text(3))
        let value: Fact.Value? =
          switch try row.text(4) {
          case "number": .number(try row.number(5) ?? .nan)
          case "json": .json(try row.text(5))
          case "text": .text(try row.text(5))
          default: nil
          }
        let step = try row.optionalWhole(0)
        guard let subject, let value else { return nil }
        return Fact(step: step, subject: subject, name: name, value: value)
      }.compactMap { $0 }
    }
  }

  /// The histograms of a quantity, in order of steps; empty if there are none. Throws a `RunFileError` if the file can't be read, or if all
  /// histograms together have more than 2²⁵ counts.
  public func histograms(_ quantity: String) throws -> [Histogram] {
    var total = 0
    return try reading {
      try $0.rows(
        ["step", "site", "counts", rowNumber], of: "histogram", "WHERE quantity = ? ORDER BY step, site", quantity
      ) { row in
        let counts = try row.counts(2)
        total += counts.count
        guard total <= Self.largestNumberOfCounts else {
          throw row.wrong(2, "one of at most \(Self.largestNumberOfCounts) counts of all histograms of a quantity")
        }
        return Histogram(step: try row.whole(0), site: try row.optionalID(1), counts: counts)
      }
    }
  }

  /// 128 MiB of counts.
  private static let largestNumberOfCounts = 1 << 25
}
