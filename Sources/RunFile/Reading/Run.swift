import Support
import Synchronization

/// A recorded run, as it was when it was opened. Open a run that is still being written again to read new steps.
///
/// The file is opened read-only, and closed after each call.
public final class Run: Sendable {
  /// The path of the file.
  public let path: String
  /// The version of the file's format, 1 or 2.
  public let format: Int
  /// The table `meta`: `format`, `started`, `finished`, and entries of the recording program.
  public let meta: [MetaKey: String]
  /// The sites, in the order of their first calls.
  public let sites: [Site]
  /// The parameters, in the model's order; in format 1 the weights that have norms.
  public let parameters: [RecordedParameter]
  /// The steps, in order.
  public let steps: [StepRow]
  /// The events, in the order in which they were written.
  public let events: [Event]
  private let lastLayerRow: Int
  private let lastWeightRow: Int
  private let kept = Mutex<[LayerQuantity: LayerMatrix]>([:])

  /// The experiment's name; nil if the file has none.
  public var experiment: String? { meta[.experiment] }
  /// The variant's name; nil if the file has none.
  public var variant: String? { meta[.variant] }
  /// The seed; nil if the file has none.
  public var seed: Int? { meta[.seed].flatMap { Int($0) } }
  /// Whether the recording ended by `finish()`; false if it was interrupted or is still running.
  public var isFinished: Bool { meta[.finished] != nil }

  /// Opens the run file at `path`. Throws a `RunFileError` if there is none, if it is not a run file, is damaged, or has a newer
  /// format.
  public init(path: String) throws {
    self.path = path
    do {
      let (database, format) = try openRunFile(at: path)
      self.format = format
      try database.execute("BEGIN")
      meta = try Dictionary(
        database.rows("SELECT key, value FROM meta") { (MetaKey(rawValue: $0.text(0)), $0.text(1)) }
      ) { $1 }
      sites = try format == 1 ? sitesOfFormat1(database) : sitesOf(database)
      parameters = try format == 1 ? parametersOfFormat1(database, sites) : parametersOf(database)
      steps = try database.rows("SELECT step, loss, accuracy, learning_rate, seconds FROM step ORDER BY step") {
        StepRow(
          step: $0.int(0), loss: $0.double(1) ?? .nan, accuracy: $0.double(2), learningRate: $0.double(3),
          seconds: $0.double(4) ?? .nan)
      }
      events = try database.rows("SELECT step, site, kind, text FROM event ORDER BY rowid") {
        Event(step: $0.int(0), site: $0.optionalInt(1), kind: EventKind(rawValue: $0.text(2)), text: $0.text(3))
      }
      lastLayerRow = try database.rows("SELECT max(rowid) FROM layer") { $0.int(0) }[0]
      lastWeightRow =
        format == 1 ? lastLayerRow : try database.rows("SELECT max(rowid) FROM weight") { $0.int(0) }[0]
    } catch {
      throw runFileError(error, reading: path)
    }
  }

  /// One statistic over all sites and steps. Takes about 0.2 µs per row. Throws a `RunFileError` if the file can't be read.
  public func layers(_ quantity: LayerQuantity) throws -> LayerMatrix { try layers([quantity])[0] }

  /// Several statistics over all sites, in one pass over the file; with `steps`, only of those steps, which takes a quarter of the time.
  /// Throws a `RunFileError` if the file can't be read.
  public func layers(_ quantities: [LayerQuantity], steps: ClosedRange<Int>? = nil) throws -> [LayerMatrix] {
    let known = kept.withLock { kept in quantities.compactMap { kept[$0] } }
    if known.count == quantities.count, steps == nil { return known }
    let scan = RowScan(
      table: "layer", key: "site", columns: quantities.map(\.column), keys: sites.map(\.id), range: steps)
    let (found, grids) = try reading { try scan.grids(from: $0, upTo: lastLayerRow) }
    return zip(quantities, grids).map { LayerMatrix(quantity: $0, steps: found, sites: sites, grid: $1) }
  }

  /// The first step from `start` on at which one of the sites has a statistic, in one pass over the file; nil if there is none.
  func firstStep(
    with quantity: LayerQuantity, at sites: [Site], from start: Int, withoutSkipped: Bool
  ) throws -> Int? {
    let skipped = "AND step NOT IN (SELECT step FROM event WHERE kind = '\(EventKind.skipped.rawValue)')"
    return try reading {
      try $0.rows(
        "SELECT min(step) FROM layer WHERE rowid <= \(lastLayerRow) AND \(quantity.column) IS NOT NULL AND step >= \(start) "
          + "AND site IN (SELECT value FROM json_each(?)) \(withoutSkipped ? skipped : "")",
        json(sites.map(\.id))
      ) { $0.optionalInt(0) }
    }[0]
  }

  /// Several statistics over the parameters of two or more dimensions, in one pass over the file; with `steps`, only of
  /// those steps. Throws a `RunFileError` if the file can't be read.
  public func weights(_ quantities: [WeightQuantity], steps: ClosedRange<Int>? = nil) throws -> [WeightMatrix] {
    let matrices = parameters.filter { $0.shape.count > 1 || format == 1 }
    var scan = RowScan(
      table: "weight", key: "parameter", columns: quantities.map(\.column), keys: matrices.map(\.id), range: steps)
    if format == 1 {
      scan = RowScan(
        table: "layer", key: "site", columns: quantities.map(\.columnOfFormat1), keys: matrices.map(\.id), range: steps,
        condition: conditionOfFormat1)
    }
    let (found, grids) = try reading { try scan.grids(from: $0, upTo: lastWeightRow) }
    return zip(quantities, grids).map { WeightMatrix(quantity: $0, steps: found, parameters: matrices, grid: $1) }
  }

  /// One statistic over the parameters of two or more dimensions. Throws a `RunFileError` if the file can't be read.
  public func weights(_ quantity: WeightQuantity) throws -> WeightMatrix { try weights([quantity])[0] }

  /// Reads statistics in one pass and keeps them in memory for later calls of `layers`, unless they take more than 128 MiB. Throws a
  /// `RunFileError` if the file can't be read.
  package func keep(_ quantities: [LayerQuantity]) throws {
    guard lastLayerRow * quantities.count <= 1 << 24 else { return }
    let matrices = try layers(quantities)
    kept.withLock { kept in for matrix in matrices { kept[matrix.quantity] = matrix } }
  }

  /// The rows of the table `measure` with this name, in order of steps; empty if there are none. Throws a `RunFileError` if
  /// the file can't be read.
  public func measures(_ name: MeasureName) throws -> [Measure] {
    try reading {
      try $0.rows("SELECT step, site, value FROM measure WHERE name = ? ORDER BY step, site", name.rawValue) {
        Measure(step: $0.int(0), site: $0.optionalInt(1), value: $0.double(2) ?? .nan)
      }
    }
  }

  /// The names of all measures, in alphabetical order. Throws a `RunFileError` if the file can't be read.
  public func measureNames() throws -> [MeasureName] {
    try reading {
      try $0.rows("SELECT DISTINCT name FROM measure ORDER BY name") { MeasureName(rawValue: $0.text(0)) }
    }
  }

  /// The scalars with this name, such as `validation_loss`, in order of steps; empty if there are none. Throws a `RunFileError`
  /// if the file can't be read.
  public func scalars(_ name: String) throws -> [Scalar] {
    guard format > 1 else { return [] }
    return try reading {
      try $0.rows("SELECT step, value FROM scalar WHERE name = ? ORDER BY step, rowid", name) {
        Scalar(step: $0.int(0), value: $0.double(1) ?? .nan)
      }
    }
  }

  /// The names of all scalars, in alphabetical order. Throws a `RunFileError` if the file can't be read.
  public func scalarNames() throws -> [String] {
    guard format > 1 else { return [] }
    return try reading { try $0.rows("SELECT DISTINCT name FROM scalar ORDER BY name") { $0.text(0) } }
  }

  /// The facts about the training, in the order in which they were written. Throws a `RunFileError` if the file can't be read.
  public func facts() throws -> [Fact] {
    guard format > 1 else { return [] }
    return try reading { database in
      try database.rows("SELECT step, subject, item, name, type, value FROM fact ORDER BY rowid") { row -> Fact? in
        guard let subject = Fact.Subject(kind: row.text(1), item: row.optionalText(2)) else { return nil }
        let value: Fact.Value =
          switch row.text(4) {
          case "number": .number(row.double(5) ?? .nan)
          case "json": .json(row.text(5))
          default: .text(row.text(5))
          }
        return Fact(step: row.optionalInt(0), subject: subject, name: row.text(3), value: value)
      }.compactMap { $0 }
    }
  }

  /// The histograms of a quantity, in order of steps; empty if there are none. Throws a `RunFileError` if the
  /// file can't be read.
  public func histograms(_ quantity: String) throws -> [Histogram] {
    try reading {
      try $0.rows("SELECT step, site, counts FROM histogram WHERE quantity = ? ORDER BY step, site", quantity) {
        Histogram(step: $0.int(0), site: $0.optionalInt(1), counts: $0.counts(2))
      }
    }
  }

  /// Opens the file again; rows may be newer than when the run was opened.
  func reading<Answer>(_ work: (Database) throws -> Answer) throws -> Answer {
    do { return try work(openRunFile(at: path).database) } catch { throw runFileError(error, reading: path) }
  }
}

private func sitesOf(_ database: Database) throws -> [Site] {
  try database.rows("SELECT id, path, module, call, kind, depth, is_layer, shape FROM site ORDER BY id") {
    var site = Site(
      id: $0.int(0), module: $0.text(2), call: $0.int(3), kind: ModuleKind(rawValue: $0.text(4)), depth: $0.int(5),
      isLayer: $0.int(6) != 0, shape: integers($0.text(7)))
    site.path = $0.text(1)
    return site
  }
}

private func parametersOf(_ database: Database) throws -> [RecordedParameter] {
  try database.rows("SELECT id, path, shape, site, optimizers, frozen FROM parameter ORDER BY id") {
    RecordedParameter(
      id: $0.int(0), path: $0.text(1), shape: integers($0.text(2)), site: $0.optionalInt(3),
      optimizers: integers($0.text(4)), isFrozen: $0.int(5) != 0)
  }
}

/// The numbers of a JSON array of whole numbers, with or without white space; other elements are left out.
func integers(_ text: String) -> [Int] {
  text.utf8.split { byte in
    byte == UInt8(ascii: ",") || byte <= UInt8(ascii: " ") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
  }.compactMap { Int(Substring($0)) }
}

/// A JSON array of whole numbers.
func json(_ numbers: [Int]) -> String { "[" + numbers.map(String.init).joined(separator: ",") + "]" }

extension Database {
  /// All rows of a result; `parameter` is bound to the first parameter unless it is nil.
  func rows<Row>(
    _ sql: String, _ parameter: String? = nil, _ read: (borrowing Statement) -> Row
  ) throws(SQLiteError) -> [Row] {
    let statement = try prepare(sql)
    if let parameter { statement.bind(parameter, at: 1) }
    var rows: [Row] = []
    while try statement.step() { rows.append(read(statement)) }
    return rows
  }
}
