import CSQLite

/// A value as SQLite stores it. Two are equal if type and bits are.
enum SQLValue: Equatable, CustomStringConvertible {
  case null
  case integer(Int64)
  case real(UInt64)
  case text(String)
  case blob([UInt8])

  var description: String {
    switch self {
    case .null: "NULL"
    case .integer(let value): "\(value)"
    case .real(let bits): "\(Double(bitPattern: bits))"
    case .text(let text): text.count > 60 ? "“\(text.prefix(60))…”" : "“\(text)”"
    case .blob(let bytes): "\(bytes.count) bytes"
    }
  }
}

extension Statement {
  /// The value of a column.
  func value(_ column: Int32) -> SQLValue {
    switch type(ofColumn: column) {
    case SQLITE_INTEGER: .integer(Int64(int(column)))
    case SQLITE_FLOAT: .real(double(column)!.bitPattern)
    case SQLITE_TEXT: .text(text(column))
    case SQLITE_BLOB: .blob(bytes(column))
    default: .null
    }
  }
}
