extension Dataset {
  /// Reads a CSV file with one class per row: the column `label` has the classes, all other columns are inputs [rows, columns − 1].
  ///
  /// If all labels are whole numbers from 0, they are the classes. Otherwise each distinct text is a class, numbered in
  /// alphabetical order, and `classNames` has the texts. Inputs are numbers, but for those of `textColumns`. Throws a `DataFileError` with line
  /// and column if a number is missing or not finite, if the file is not UTF-8, if two columns have one name, or if no column is left for inputs.
  public init(
    csv path: String, label: CSVColumn, textColumns: [CSVTextColumn] = [], hasHeader: Bool = true,
    separator: Character = ","
  ) throws {
    let file = try CSVFile(path: path, hasHeader: hasHeader, separator: separator)
    let columns = try file.split(targets: [label]), column = columns.targets[0]
    let inputs = try file.inputs(columns.inputs, textColumns: textColumns)
    let fields = file.rows.map { $0.fields[column] }
    if let row = fields.firstIndex(of: "") {
      throw DataFileError.line(
        path: path, line: file.rows[row].line, column: file.title(column),
        problem: "the field is empty; a label is needed")
    }
    let numbers = fields.compactMap { UInt32($0).map(Int.init) }
    let names = numbers.count == fields.count ? [] : Set(fields).sorted()
    let classes = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    self.init(
      inputs: Samples(inputs.numbers, count: fields.count),
      labels: names.isEmpty ? numbers : fields.map { classes[$0]! }, classNames: names, featureNames: inputs.names)
  }

  /// Reads a CSV file for regression: the columns `targets`, in this order, have the values to predict; all others are inputs, numbers but for those of
  /// `textColumns`.
  ///
  /// Throws a `DataFileError` with line and column if a number is missing or not finite, if the file is not UTF-8, if two columns have
  /// one name, or if there are no targets or no inputs.
  public init(
    csv path: String, targets: [CSVColumn], textColumns: [CSVTextColumn] = [], hasHeader: Bool = true,
    separator: Character = ","
  ) throws {
    let file = try CSVFile(path: path, hasHeader: hasHeader, separator: separator)
    let columns = try file.split(targets: targets)
    let inputs = try file.inputs(columns.inputs, textColumns: textColumns)
    self.init(
      inputs: Samples(inputs.numbers, count: file.rows.count), labels: [],
      targets: Samples(try file.numbers(columns.targets), count: file.rows.count), featureNames: inputs.names)
  }

  /// Reads two files of `numpy.save`: inputs [n, …], whose further dimensions are joined to [n, features], and n classes from 0.
  ///
  /// The types are float16, float32, float64, all integers of 8 to 64 bits and bool, of any byte order and in row-major or column-major
  /// order; for classes an integer type or bool. Inputs are rounded to Float32, which has integers exactly up to 2²⁴ = 16,777,216. A
  /// single number is one sample. Throws a `DataFileError` with row and column if a number is not finite, if there are no samples, or if
  /// the files do not match.
  public init(npy inputs: String, labels: String) throws {
    let (rows, classes) = try readPair(inputs, labels)
    self.init(inputs: Samples(try rows.numbers(), count: rows.count), labels: try classes.labels())
  }

  /// Reads two files of `numpy.save` for regression: inputs [n, …] and targets [n, …], whose further dimensions are joined.
  ///
  /// The types are those of inputs above. Throws a `DataFileError` with row and column if a number is not finite, if there are no samples,
  /// or if the files do not match.
  public init(npy inputs: String, targets: String) throws {
    let (rows, answers) = try readPair(inputs, targets)
    self.init(
      inputs: Samples(try rows.numbers(), count: rows.count), labels: [],
      targets: Samples(try answers.numbers(), count: rows.count))
  }
}

private func readPair(_ inputs: String, _ answers: String) throws(DataFileError) -> (NPYFile, NPYFile) {
  let rows = try NPYFile(path: inputs), answers = try NPYFile(path: answers)
  try rows.checkSamples()
  guard answers.count == rows.count else {
    throw .countsDiffer(path: answers.path, count: answers.count, inputs: rows.count)
  }
  try answers.checkSamples()
  return (rows, answers)
}
