extension Dataset {
  /// A CSV file with a class for each row: all columns but `label` are inputs.
  ///
  /// Labels that are all whole numbers from 0 are the classes as they stand. Otherwise each different text is a class, numbered
  /// in alphabetical order; `classNames` tells which. Throws a `DataFileError` that names line and column.
  public init(csv path: String, label: CSVColumn, hasHeader: Bool = true, separator: Character = ",") throws {
    let file = try CSVFile(path: path, hasHeader: hasHeader, separator: separator)
    let column = try file.index(of: label)
    let inputs = try file.numbers((0..<file.width).filter { $0 != column })
    let fields = file.rows.map { $0.fields[column] }
    if let row = fields.firstIndex(of: "") {
      throw DataFileError.line(
        path: path, line: file.rows[row].line, column: file.title(column), problem: "an empty field, a label is needed")
    }
    let numbers = fields.compactMap { UInt32($0).map(Int.init) }
    let names = numbers.count == fields.count ? [] : Set(fields).sorted()
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    self.init(
      inputs: Samples(inputs, count: fields.count), labels: names.isEmpty ? numbers : fields.map { places[$0]! },
      classNames: names)
  }

  /// A CSV file with numbers to predict for each row: the columns `targets`, in this order; all others are inputs. Throws a
  /// `DataFileError` that names line and column.
  public init(csv path: String, targets: [CSVColumn], hasHeader: Bool = true, separator: Character = ",") throws {
    let file = try CSVFile(path: path, hasHeader: hasHeader, separator: separator)
    let columns = try targets.map { try file.index(of: $0) }
    let inputs = try file.numbers((0..<file.width).filter { !columns.contains($0) })
    self.init(
      inputs: Samples(inputs, count: file.rows.count), labels: [],
      targets: Samples(try file.numbers(columns), count: file.rows.count))
  }

  /// Two files of numpy: inputs [n, …], whose further dimensions become one, and n classes, counted from 0. float32, float64,
  /// uint8, int32 and int64 are read, classes as whole numbers. Throws a `DataFileError`.
  public init(npy inputs: String, labels: String) throws {
    let rows = try NPYFile(path: inputs), classes = try NPYFile(path: labels)
    try check(classes, against: rows)
    self.init(inputs: Samples(rows.numbers, count: rows.count), labels: try classes.labels())
  }

  /// Two files of numpy: inputs [n, …] and numbers to predict [n, …], whose further dimensions become one. Throws a
  /// `DataFileError`.
  public init(npy inputs: String, targets: String) throws {
    let rows = try NPYFile(path: inputs), answers = try NPYFile(path: targets)
    try check(answers, against: rows)
    self.init(
      inputs: Samples(rows.numbers, count: rows.count), labels: [],
      targets: Samples(answers.numbers, count: rows.count))
  }
}

private func check(_ answers: NPYFile, against inputs: NPYFile) throws(DataFileError) {
  guard answers.count == inputs.count else {
    throw .countsDiffer(path: answers.path, count: answers.count, inputs: inputs.count)
  }
}
