import CSQLite

/// A prepared statement of a database: bind, step, read, reset. Parameters count from 1, columns from 0.
struct Statement: ~Copyable {
  private let handle: OpaquePointer
  private let database: Database
  /// The table whose rows it reads; nil if it reads none.
  let table: String?

  private static let notANumber: StaticString = "NaN"

  init(_ handle: OpaquePointer, of database: Database, table: String?) {
    self.handle = handle
    self.database = database
    self.table = table
  }

  deinit { sqlite3_finalize(handle) }

  /// Steps to the next row; false if there is none.
  func step() throws(SQLiteError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw database.lastError()
    }
  }

  /// Runs a statement without results, and resets it for the next values.
  func run() throws(SQLiteError) {
    defer { sqlite3_reset(handle) }
    _ = try step()
  }

  /// Binds the values to the parameters in order and runs the statement.
  func run(_ values: (any Bindable)?...) throws(SQLiteError) { try run(values: values) }

  /// Binds the values to the parameters in order and runs the statement.
  func run(values: [(any Bindable)?]) throws(SQLiteError) {
    for (index, value) in values.enumerated() {
      if let value { value.bind(to: self, at: Int32(index + 1)) } else { sqlite3_bind_null(handle, Int32(index + 1)) }
    }
    try run()
  }

  // MARK: Binding

  func bind(_ value: Int?, at index: Int32) {
    if let value { sqlite3_bind_int64(handle, index, Int64(value)) } else { sqlite3_bind_null(handle, index) }
  }

  func bind(_ value: Double?, at index: Int32) {
    guard let value else {
      sqlite3_bind_null(handle, index)
      return
    }
    if value.isNaN {
      Self.notANumber.withUTF8Buffer { text in
        let start = UnsafeRawPointer(text.baseAddress!).assumingMemoryBound(to: CChar.self)
        _ = sqlite3_bind_text(handle, index, start, Int32(text.count), nil)
      }
    } else {
      sqlite3_bind_double(handle, index, value)
    }
  }

  func bind(_ value: String, at index: Int32) {
    var value = value
    value.withUTF8 { text in
      text.withMemoryRebound(to: CChar.self) { text in
        _ = sqlite3_bind_text(handle, index, text.baseAddress, Int32(text.count), Self.copies)
      }
    }
  }

  /// Binds counts, packed.
  func bind(_ value: [UInt32], at index: Int32) {
    _ = PackedCounts.bytes(of: value).withUnsafeBytes {
      sqlite3_bind_blob(handle, index, $0.baseAddress, Int32($0.count), Self.copies)
    }
  }

  private static var copies: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

  // MARK: Reading what SQLite itself computed; `Statement+Decoding` reads the columns of tables

  /// A whole number that SQLite computed, such as a count; NULL is 0.
  func computedInt(_ column: Int32) -> Int { Int(sqlite3_column_int64(handle, column)) }

  /// A text that SQLite computed, such as the name of a table; nil for NULL.
  func computedText(_ column: Int32) -> String? {
    sqlite3_column_text(handle, column).map { String(cString: $0) }
  }

  /// The value of a column, for `Statement+Decoding`. Until the next step or reset.
  func stored(_ column: Int32) -> OpaquePointer? { sqlite3_column_value(handle, column) }

  /// The name of a column of the result.
  func name(ofColumn column: Int32) -> String { String(cString: sqlite3_column_name(handle, column)) }

  /// The number of columns of the result.
  var columnCount: Int32 { sqlite3_column_count(handle) }
}

/// A value that can be bound to a parameter of a statement.
protocol Bindable {
  func bind(to statement: borrowing Statement, at index: Int32)
}

extension Int: Bindable {
  func bind(to statement: borrowing Statement, at index: Int32) { statement.bind(self, at: index) }
}

extension Double: Bindable {
  func bind(to statement: borrowing Statement, at index: Int32) { statement.bind(self, at: index) }
}

extension String: Bindable {
  func bind(to statement: borrowing Statement, at index: Int32) { statement.bind(self, at: index) }
}

extension [UInt32]: Bindable {
  func bind(to statement: borrowing Statement, at index: Int32) { statement.bind(self, at: index) }
}
