import CSQLite
import Support

/// A value as SQLite stores it. Two are equal if type and bits are.
enum SQLValue: Equatable, CustomStringConvertible {
  case null
  case integer(Int64)
  case real(UInt64)
  case text([UInt8])
  case blob([UInt8])

  /// The value in a sentence: text in quotation marks, blobs by their length.
  var description: String {
    switch self {
    case .null: "NULL"
    case .integer(let value): "\(value)"
    case .real(let bits): "\(Double(bitPattern: bits))"
    case .text: "“\(plainDescription)”"
    case .blob(let bytes): "a blob of \(counted(bytes.count, "byte"))"
    }
  }

  /// The same, without quotation marks around text.
  var plainDescription: String {
    guard case .text(let bytes) = self else { return description }
    let text = String(decoding: bytes.prefix(400), as: UTF8.self)
    return text.count > 60 || bytes.count > 400 ? text.prefix(60) + "…" : text
  }
}

extension Statement {
  /// The value of a column.
  func value(_ column: Int32) -> SQLValue {
    let value = stored(column)
    return switch sqlite3_value_type(value) {
    case SQLITE_INTEGER: .integer(sqlite3_value_int64(value))
    case SQLITE_FLOAT: .real(sqlite3_value_double(value).bitPattern)
    case SQLITE_TEXT: .text(Array(bytes(column)))
    case SQLITE_BLOB: .blob(Array(bytes(column)))
    default: .null
    }
  }

  /// The bytes of a text in UTF-8, or of a blob; valid until the next step.
  func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
    let value = stored(column)
    let start =
      sqlite3_value_type(value) == SQLITE_TEXT
      ? UnsafeRawPointer(sqlite3_value_text(value)) : sqlite3_value_blob(value)
    return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_value_bytes(value)))
  }
}
