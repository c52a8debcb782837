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

  /// Opens the run file at `path`. Throws a `RunFileError` if there is none, if it is not a run file, is damaged, has a newer format, or
  /// holds a value that is not what its column must hold.
  public init(path: String) throws {
    self.path = path
    do {
      let (database, format) = try openRunFile(at: path)
      self.format = format
      try database.execute("BEGIN")
      meta = try metaOf(database)
      sites = try format == 1 ? sitesOfFormat1(database) : sitesOf(database)
      parameters = try format == 1 ? parametersOfFormat1(database, sites) : parametersOf(database)
      steps = try stepsOf(database)
      events = try eventsOf(database)
      lastLayerRow = try lastRow(of: "layer", database)
      lastWeightRow = format == 1 ? lastLayerRow : try lastRow(of: "weight", database)
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
      table: "layer", key: "site", columns: quantities.map(\.column), keys: sites.map(\.id), range: steps,
      lastRow: lastLayerRow)
    let (found, grids) = try reading { try scan.grids(from: $0) }
    return zip(quantities, grids).map { LayerMatrix(quantity: $0, steps: found, sites: sites, grid: $1) }
  }

  /// The first step from `start` on at which one of the sites has a statistic, in one pass over the file; nil if there is none.
  func firstStep(
    with quantity: LayerQuantity, at sites: [Site], from start: Int, withoutSkipped: Bool
  ) throws -> Int? {
    let skipped = "AND step NOT IN (SELECT step FROM event WHERE kind = '\(EventKind.skipped.rawValue)')"
    return try reading {
      try $0.rows(
        ["min(step)", rowNumber], of: "layer",
        "WHERE rowid <= \(lastLayerRow) AND \(quantity.column) IS NOT NULL AND step >= \(start) "
          + "AND site IN (SELECT value FROM json_each(?)) \(withoutSkipped ? skipped : "")",
        json(sites.map(\.id))
      ) { try $0.optionalWhole(0) }
    }[0]
  }

  /// Several statistics over the parameters of two or more dimensions, in one pass over the file; with `steps`, only of
  /// those steps. Throws a `RunFileError` if the file can't be read.
  public func weights(_ quantities: [WeightQuantity], steps: ClosedRange<Int>? = nil) throws -> [WeightMatrix] {
    let matrices = parameters.filter { $0.shape.count > 1 || format == 1 }
    var scan = RowScan(
      table: "weight", key: "parameter", columns: quantities.map(\.column), keys: matrices.map(\.id), range: steps,
      lastRow: lastWeightRow)
    if format == 1 {
      scan = RowScan(
        table: "layer", key: "site", columns: quantities.map(\.columnOfFormat1), keys: matrices.map(\.id), range: steps,
        condition: conditionOfFormat1, lastRow: lastWeightRow)
    }
    let (found, grids) = try reading { try scan.grids(from: $0) }
    return zip(quantities, grids).map { WeightMatrix(quantity: $0, steps: found, parameters: matrices, grid: $1) }
  }

  /// One statistic over the parameters of two or more dimensions. Throws a `RunFileError` if the file can't be read.
  public func weights(_ quantity: WeightQuantity) throws -> WeightMatrix { try weights([quantity])[0] }

  /// Reads statistics in one pass and keeps them in memory for later calls of `layers`, unless they take more than 128 MiB. Throws a
  /// `RunFileError` if the file can't be read.
  package func keep(_ quantities: [LayerQuantity]) throws {
    guard lastLayerRow <= (1 << 24) / max(quantities.count, 1) else { return }
    let matrices = try layers(quantities)
    kept.withLock { kept in for matrix in matrices { kept[matrix.quantity] = matrix } }
  }

  /// Opens the file again; rows may be newer than when the run was opened.
  func reading<Answer>(_ work: (Database) throws -> Answer) throws -> Answer {
    do { return try work(openRunFile(at: path).database) } catch { throw runFileError(error, reading: path) }
  }
}
