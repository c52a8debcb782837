import Autodiff
import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct CSVTests {
  private func read<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder in
      try Data(text.utf8).write(to: URL(filePath: folder + "/t.csv"))
      return try body(folder + "/t.csv")
    }
  }

  private func problem(_ text: String, _ body: (String) throws -> Dataset) throws -> String {
    let error = #expect(throws: DataFileError.self) { try read(text, body) }
    return String(error?.description.split(separator: "t.csv", maxSplits: 1).last ?? "")
  }

  private let flowers = "length,width,species\n5.1,3.5,setosa\n6,2.2,virginica\n-1e-1,+3.0,setosa\n"

  @Test func aColumnOfTextHasClasses() throws {
    for label in ["species", 2] as [CSVColumn] {
      let set = try read(flowers) { try Dataset(csv: $0, label: label) }
      #expect(set.labels == [0, 1, 0])
      #expect(set.classNames == ["setosa", "virginica"])
      #expect(set.batch(at: 0..<3).inputs.values == [5.1, 3.5, 6, 2.2, -0.1, 3])
    }
  }

  @Test func columnsOfTextBecomeOneInputPerValue() throws {
    let table = "size,color,kind\n1,red,x\n2,blue,y\n3,red,x\n"
    let set = try read(table) { try Dataset(csv: $0, label: "kind", textColumns: ["color"]) }
    #expect(set.featureNames == ["size", "color=blue", "color=red"])
    #expect(set.batch(at: 0..<3).inputs.values == [1, 0, 1, 2, 1, 0, 3, 0, 1])
    #expect(set.standardized().featureNames == set.featureNames)
    // Values of another file, in their order.
    let other = try read("color,size,y\nred,5,7\n") {
      try Dataset(csv: $0, targets: ["y"], textColumns: [CSVTextColumn("color", values: ["red", "green", "blue"])])
    }
    #expect(other.batch(at: [0]).inputs.values == [1, 0, 0, 5] && other.batch(at: [0]).targets.values == [7])
    #expect(other.featureNames == ["color=red", "color=green", "color=blue", "size"])
    #expect(
      try problem(table) {
        try Dataset(csv: $0, label: "kind", textColumns: [CSVTextColumn("color", values: ["red"])])
      } == ", line 3, column 2 (color): “blue” is none of the values red")
    #expect(
      try problem("a,b\n,1\n") { try Dataset(csv: $0, label: "b", textColumns: ["a"]) }
        == ", line 2, column 1 (a): the field is empty; a text is needed")
    #expect(
      try problem(table) { try Dataset(csv: $0, label: "kind", textColumns: ["kind"]) }
        == ": there is no column 3 (kind) among the inputs; the columns are 1 (size), 2 (color)")
  }

  @Test func wholeNumbersAreTheClasses() throws {
    let set = try read("4;1,5\n0;2,5\n".replacing(",", with: ".")) {
      try Dataset(csv: $0, label: 0, hasHeader: false, separator: ";")
    }
    #expect(set.labels == [4, 0] && set.classNames.isEmpty)
    #expect(set.batch(at: [1, 0]).inputs.values == [2.5, 1.5])
  }

  @Test func targetColumnsKeepTheirOrder() throws {
    let set = try read("a,b,c\n1,2,3\n4,5,6\n") { try Dataset(csv: $0, targets: ["c", "a"]) }
    let batch = set.batch(at: 0..<2)
    #expect(set.outputs == 2 && batch.inputs.values == [2, 5] && batch.targets.values == [3, 1, 6, 4])
  }

  @Test func quotesBlanksAndLineBreaksAreParsed() throws {
    let text = "\u{FEFF}\"x, \"\"one\"\"\" , y\r\n\"1\" ,\" A\nB\"\r\n\r\n 2\t,\"\"\"C\"\"\""
    let set = try read(text) { try Dataset(csv: $0, label: "y") }
    #expect(set.classNames == ["\"C\"", " A\nB"].sorted())
    #expect(set.batch(at: 0..<2).inputs.values == [1, 2])
    #expect(try read(text) { try Dataset(csv: $0, label: "y") }.count == 2)
  }

  @Test func errorsNameLineAndColumn() throws {
    #expect(
      try problem("x,\"a\nb\",y\n1,2,0\n\n1,two,0\n") { try Dataset(csv: $0, label: "y") }
        == ", line 5, column 2 (a\\nb): “two” is not a finite number; a column of text is named in textColumns")
    #expect(
      try problem("1,2\n,2\n") { try Dataset(csv: $0, label: 1, hasHeader: false) }
        == ", line 2, column 1: the field is empty; a number is needed")
    #expect(
      try problem("1,nan\n") { try Dataset(csv: $0, label: 0, hasHeader: false) }
        == ", line 1, column 2: “nan” is not a finite number")
    #expect(
      try problem("x,y\n1,\n") { try Dataset(csv: $0, label: "y") }
        == ", line 2, column 2 (y): the field is empty; a label is needed")
    #expect(
      try problem("x,y\n1,2\n1,2,3\n") { try Dataset(csv: $0, label: "y") }
        == ", line 3: it has 3 fields; the header has 2")
    #expect(
      try problem("1,2\n1\n") { try Dataset(csv: $0, label: 0, hasHeader: false) }
        == ", line 2: it has 1 fields; the first line has 2")
    #expect(
      try problem("x,y\n1,\"2\n3,4\n") { try Dataset(csv: $0, label: "y") }
        == ", line 2, column 2: a quote is not closed")
    #expect(
      try problem("x,y\n1,\"2\"3\n") { try Dataset(csv: $0, label: "y") }
        == ", line 2, column 2: text follows a closing quote")
  }

  @Test func missingColumnsAreNamed() throws {
    #expect(
      try problem(flowers) { try Dataset(csv: $0, label: "kind") }
        == ": there is no column “kind”; the columns are “length”, “width”, “species”")
    #expect(
      try problem(flowers) { try Dataset(csv: $0, targets: [3]) } == ": there is no column 3; the columns are 0 to 2")
    #expect(
      try problem("1,2\n") { try Dataset(csv: $0, label: "y", hasHeader: false) }
        == ": there is no column “y”; the columns are 0 to 1, without names")
    for text in ["", "x,y\n", "\n\n"] {
      #expect(try problem(text) { try Dataset(csv: $0, label: 0) } == ": it has no samples")
    }
    #expect(throws: DataFileError.self) { try Dataset(csv: "/no/such/file.csv", label: 0) }
  }

  @Test func aDataSetHasInputsAndTargets() throws {
    #expect(
      try problem("species\nsetosa\n") { try Dataset(csv: $0, label: 0) }
        == ": no column is left for inputs besides column 1 (species); name fewer targets, or add columns to the file")
    #expect(
      try problem("a,b\n1,2\n") { try Dataset(csv: $0, targets: ["b", "a"]) }
        == ": no column is left for inputs besides column 2 (b), 1 (a); name fewer targets, or add columns to the file")
    #expect(
      try problem("a,b\n1,2\n") { try Dataset(csv: $0, targets: []) }
        == ": no target column is named; the columns are “a”, “b”")
    #expect(
      try problem("1,2\n") { try Dataset(csv: $0, targets: [], hasHeader: false) }
        == ": no target column is named; the columns are 0 to 1, without names")
  }

  @Test func numbersOutsideOfFloat32AreRefused() throws {
    for number in ["inf", "-Infinity", "1e39", "NaN"] {
      #expect(
        try problem("x,y\n1,2\n3,\(number)\n") { try Dataset(csv: $0, targets: ["y"]) }
          == ", line 3, column 2 (y): “\(number)” is not a finite number")
    }
  }

  @Test func columnsOfOneNameAreRefused() throws {
    for label in ["y", 2] as [CSVColumn] {
      #expect(
        try problem("\nx,y,x\n1,2,3\n") { try Dataset(csv: $0, label: label) }
          == ", line 2, column 3 (x): column 1 has the same name; give each column its own")
    }
    #expect(
      try problem(",y,\n1,2,3\n") { try Dataset(csv: $0, label: "y") }
        == ", line 1, column 3 (): column 1 has the same name; give each column its own")
    // Without a header the first line has numbers.
    #expect(try read("1,1\n2,2\n") { try Dataset(csv: $0, label: 1, hasHeader: false) }.count == 2)
  }

  @Test func aNULIsRefused() throws {
    #expect(
      try problem("x,y\n1\u{0}2,0\n") { try Dataset(csv: $0, label: "y") }
        == ", line 2: the text holds a NUL character; remove it")
  }

  @Test(arguments: ["\n", "\r\n", "\r"]) func linesEndInThreeWays(_ end: String) throws {
    let lines = ["x,y", "1,\"a\(end)b\"", "", "2,c", "3,"]
    let set = try read(lines.dropLast().joined(separator: end)) { try Dataset(csv: $0, label: "y") }
    #expect(set.classNames == ["a\(end)b", "c"] && set.batch(at: 0..<2).inputs.values == [1, 2])
    #expect(
      try problem(lines.joined(separator: end) + end) { try Dataset(csv: $0, label: "y") }
        == ", line 6, column 2 (y): the field is empty; a label is needed")
  }
}

/// Files that Python wrote (`Reference/make_tables.py`), and what is no file.
@Suite struct TextFileTests {
  private func recorded(_ name: String) -> String {
    repositoryRoot + "/Tests/DatasetsTests/Reference/\(name)"
  }

  @Test(arguments: ["utf-8", "utf-8-mark", "cr"]) func textInUTF8IsRead(_ name: String) throws {
    let set = try Dataset(csv: recorded(name + ".csv"), label: "art")
    #expect(set.classNames == ["Käfer", "Köfer"])
    #expect(set.batch(at: 0..<2).inputs.values == [1.5, 2.5])
  }

  /// Read as UTF-8 with replacements, the two labels of the Latin-1 file would be one.
  @Test(arguments: [
    (
      "latin-1",
      "line 1: the byte 0xF6 is not UTF-8; the file is probably Latin-1; convert it: iconv -f LATIN1 -t UTF-8"
    ),
    (
      "windows-1252",
      "line 1: the byte 0xF6 is not UTF-8; the file is probably Windows-1252; convert it: iconv -f WINDOWS-1252 -t UTF-8"
    ),
    ("utf-16", "line 1: the text is not UTF-8; the file is probably UTF-16; convert it: iconv -f UTF-16 -t UTF-8"),
    ("utf-16-le", "line 1: the text is not UTF-8; the file is probably UTF-16; convert it: iconv -f UTF-16LE -t UTF-8"),
    ("utf-16-be", "line 1: the text is not UTF-8; the file is probably UTF-16; convert it: iconv -f UTF-16BE -t UTF-8"),
    ("utf-32", "line 1: the text is not UTF-8; the file is probably UTF-32; convert it: iconv -f UTF-32 -t UTF-8"),
    ("shift-jis", "line 2: the byte 0x8D is not UTF-8; convert the file to UTF-8, for example with iconv"),
  ])
  func otherEncodingsAreNamed(_ name: String, _ problem: String) {
    let path = recorded(name + ".csv")
    let error = #expect(throws: DataFileError.self) { try Dataset(csv: path, label: 1) }
    #expect(error?.description == "\(path), \(problem)")
  }

  @Test(
    arguments: [
      [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE4, 0x2C], [0x80], [0xC3], [0xE2, 0x82],
      [0xF4, 0x90, 0x80, 0x80],
    ] as [[UInt8]])
  func bytesThatAreNotUTF8AreRefused(_ bytes: [UInt8]) throws {
    try withTemporaryFolder { folder in
      for end in ["", "\n3,c\n"] {
        try (Data("x,y\n1,ä\n2,".utf8) + bytes + Data(end.utf8)).write(to: URL(filePath: folder + "/t.csv"))
        let error = #expect(throws: DataFileError.self) { try Dataset(csv: folder + "/t.csv", label: "y") }
        #expect(
          error?.description.contains("line 3: the byte 0x\(String(bytes[0], radix: 16, uppercase: true))") == true)
      }
    }
  }

  /// Each with its own reason, and none of them makes the reader wait.
  @Test func whatIsNoFileIsNamed() throws {
    try withTemporaryFolder { folder in
      func reason(_ path: String) -> String? {
        func words(_ read: (String) throws -> Dataset) -> String? {
          guard
            case .unreadable(path, let reason)? = #expect(throws: DataFileError.self, performing: { try read(path) })
          else { return nil }
          return reason
        }
        let csv = words { try Dataset(csv: $0, label: 0) }
        #expect(words { try Dataset(npy: $0, labels: $0) } == csv)
        return csv
      }
      try Data("1,2\n".utf8).write(to: URL(filePath: folder + "/file"))
      #expect(mkfifo(folder + "/pipe", 0o600) == 0)
      #expect(symlink("circle", folder + "/circle") == 0)
      #expect(reason(folder + "/none.csv") == "no such file")
      #expect(reason(folder + "/a/b/c.csv") == "there is no folder “\(folder)/a”")
      #expect(
        reason(folder + "/a\u{FFFD}.csv") == "no such file; a name that is not UTF-8 can't be used, so rename the file")
      #expect(reason(folder + "/file/b.csv") == "“\(folder)/file” is a file, not a folder")
      #expect(reason(folder + "/file\u{0}.csv") == "the path holds a NUL character")
      #expect(reason(folder) == "it is a folder")
      #expect(reason(folder + "/pipe") == "it is a pipe, not a file")
      #expect(reason("/dev/zero") == "it is a device, not a file")
      #expect(reason(folder + "/circle") == "its links lead in a circle")
      #expect(reason("") == "the path is empty")
      #expect(
        reason(folder + "/" + String(repeating: "n", count: 256))
          == "the name is too long; a name has at most 255 bytes, a path 4,095")
    }
  }
}
