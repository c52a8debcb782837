/// A column of a CSV file whose texts are categories: each value is an input of its own, 1 in rows that have it and 0 in others.
///
///     let train = try Dataset(csv: "train.csv", label: "species", textColumns: ["island"])
///     let test = try Dataset(
///       csv: "test.csv", label: "species", textColumns: [CSVTextColumn("island", values: ["Biscoe", "Dream", "Torgersen"])])
public struct CSVTextColumn: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, Sendable {
  let column: CSVColumn
  let values: [String]?

  /// A column with these values, in this order; by default those of the file, in alphabetical order. Give the values of the training set where
  /// another file is read for the same net, since it may lack one.
  public init(_ column: CSVColumn, values: [String]? = nil) {
    (self.column, self.values) = (column, values)
  }

  /// A column's name, with the values of the file.
  public init(stringLiteral name: String) { self.init(.name(name)) }
  /// A column's index, from 0, with the values of the file.
  public init(integerLiteral index: Int) { self.init(.index(index)) }
}

extension CSVFile {
  /// The inputs of these columns, row by row, and their names, which without a header are empty. Throws at a field that is not a finite number in a
  /// column of numbers, and at one that is empty or none of the given values in a column of texts.
  func inputs(
    _ columns: [Int], textColumns: [CSVTextColumn]
  ) throws(DataFileError) -> (numbers: [Float], names: [String]) {
    guard !textColumns.isEmpty else {
      return (try numbers(columns), names.map { names in columns.map { names[$0] } } ?? [])
    }
    var categories: [Int: [String]] = [:]
    for text in textColumns {
      let column = try index(of: text.column)
      guard columns.contains(column) else {
        throw .noColumn(path: path, column: "\(title(column)) among the inputs", present: columns.map(title))
      }
      categories[column] = try values(of: column, given: text.values)
    }
    var numbers: [Float] = []
    for row in rows {
      for column in columns {
        if let values = categories[column] {
          numbers += values.map { $0 == row.fields[column] ? 1 : 0 }
        } else {
          numbers.append(try number(in: row, column))
        }
      }
    }
    let titles = columns.flatMap { column in
      let name = names?[column] ?? "\(column)"
      return categories[column].map { $0.map { "\(name)=\($0)" } } ?? [name]
    }
    return (numbers, names == nil ? [] : titles)
  }

  /// The values of a column of texts: the given ones, or its own in alphabetical order.
  private func values(of column: Int, given: [String]?) throws(DataFileError) -> [String] {
    for row in rows {
      let field = row.fields[column]
      var problem: String?
      if field.isEmpty { problem = "the field is empty; a text is needed" }
      if let given, !given.contains(field) {
        problem = "“\(field)” is none of the values \(given.joined(separator: ", "))"
      }
      if let problem { throw .line(path: path, line: row.line, column: title(column), problem: problem) }
    }
    return given ?? Set(rows.map { $0.fields[column] }).sorted()
  }
}
