import Support

/// Numbers in rows and columns, some of which may not be recorded.
///
/// A cell holds a value, which may be NaN or infinite, or nothing: the subscript tells these apart, while `values` has NaN for
/// both.
public struct Grid: Sendable, Equatable {
  /// The number of rows.
  public let rowCount: Int
  /// The number of columns.
  public let columnCount: Int
  /// The values, rows × columns, row by row; NaN also where nothing is recorded.
  public let values: [Double]
  private let recorded: [Bool]

  /// A grid of `values`, rows × columns, row by row. A cell is recorded if its element of `recorded` is true; all are, if that
  /// is nil. Stops the program unless both arrays have rows × columns elements.
  public init(rows: Int, columns: Int, values: [Double], recorded: [Bool]? = nil) {
    guard values.count == rows * columns, recorded == nil || recorded?.count == values.count else {
      stop("Grid", "\(rows) rows × \(columns) columns need \(rows * columns) values, not \(values.count)")
    }
    rowCount = rows
    columnCount = columns
    self.values = values
    self.recorded = recorded ?? [Bool](repeating: true, count: values.count)
  }

  /// A grid of rows of equal length; nil stands for a cell that is not recorded. Stops the program if rows differ in length.
  public init(_ rows: [[Double?]]) {
    let columns = rows.first?.count ?? 0
    guard rows.allSatisfy({ $0.count == columns }) else { stop("Grid", "rows differ in length") }
    let cells = rows.flatMap { $0 }
    self.init(
      rows: rows.count, columns: columns, values: cells.map { $0 ?? .nan }, recorded: cells.map { $0 != nil })
  }

  /// The value in a cell; nil is "not recorded".
  public subscript(row: Int, column: Int) -> Double? {
    let index = row * columnCount + column
    return recorded[index] ? values[index] : nil
  }

  /// The values of a row; nil is "not recorded".
  public func row(_ row: Int) -> [Double?] { (0..<columnCount).map { self[row, $0] } }

  /// The values of a row; NaN also where nothing is recorded.
  public func values(ofRow row: Int) -> ArraySlice<Double> { values[row * columnCount..<(row + 1) * columnCount] }

  /// Whether any cell of a row is recorded.
  public func isRecorded(row: Int) -> Bool { recorded[row * columnCount..<(row + 1) * columnCount].contains(true) }
}
