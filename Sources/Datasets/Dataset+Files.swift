extension Dataset {
  /// A CSV file with a class for each row: all columns but `label` are inputs.
  ///
  /// Labels that are all whole numbers from 0 are the classes as they stand. Otherwise each different text is a class, numbered
  /// in alphabetical order; `classNames` tells which. Numbers are finite, and at least one column is an input. Throws a
  /// `DataFileError` that names line and column.
  public init(csv path: String, label: CSVColumn, hasHeader: Bool = true, separator: Character = ",") throws {
    let file = try CSVFile(path: path, hasHeader: hasHeader, separator: separator)
    let places = try file.split(targets: [label]), column = places.targets[0]
    let inputs = try file.numbers(places.inputs)
    let fields = file.rows.map { $0.fields[column] }
    if let row = fields.firstIndex(of: "") {
      throw DataFileError.line(
        path: path, line: file.rows[row].line, column: file.title(column), problem: "an empty field, a label is needed")
    }
    let numbers = fields.compactMap { UInt32($0).map(Int.init) }
    let names = numbers.count == fields.count ? [] : Set(fields).sorted()
    let classes = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    self.init(
      inputs: Samples(inputs, count: fields.count), labels: names.isEmpty ? numbers : fields.map { classes[$0]! },
      classNames: names)
  }

  /// A CSV file with numbers to predict for each row: the columns `targets`, in this order; all others are inputs. There is one of
  /// each at least, and numbers are finite. Throws a `DataFileError` that names line and column.
  public init(csv path: String, targets: [CSVColumn], hasHeader: Bool = true, separator: Character = ",") throws {
    let file = try CSVFile(path: path, hasHeader: hasHeader, separator: separator)
    let places = try file.split(targets: targets)
    self.init(
      inputs: Samples(try file.numbers(places.inputs), count: file.rows.count), labels: [],
      targets: Samples(try file.numbers(places.targets), count: file.rows.count))
  }

  /// Two files of numpy: inputs [n, …], whose further dimensions become one, and n classes, counted from 0. float32, float64,
  /// uint8, int32 and int64 are read, classes as whole numbers. Numbers are finite. Throws a `DataFileError`, which names row and
  /// column.
  public init(npy inputs: String, labels: String) throws {
    let rows = try NPYFile(path: inputs)
    let classes = try NPYFile(path: labels, holding: "labels have the shape [samples]")
    try check(classes, against: rows)
    self.init(inputs: Samples(try rows.numbers(), count: rows.count), labels: try classes.labels())
  }

  /// Two files of numpy: inputs [n, …] and numbers to predict [n, …], whose further dimensions become one. Numbers
  /// are finite. Throws a `DataFileError`, which names row and column.
  public init(npy inputs: String, targets: String) throws {
    let rows = try NPYFile(path: inputs)
    let answers = try NPYFile(path: targets, holding: "targets have the shape [samples, numbers of a sample, …]")
    try check(answers, against: rows)
    self.init(
      inputs: Samples(try rows.numbers(), count: rows.count), labels: [],
      targets: Samples(try answers.numbers(), count: rows.count))
  }
}

private func check(_ answers: NPYFile, against inputs: NPYFile) throws(DataFileError) {
  guard answers.count == inputs.count else {
    throw .countsDiffer(path: answers.path, count: answers.count, inputs: inputs.count)
  }
}
