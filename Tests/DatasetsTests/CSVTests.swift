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
        == ", line 5, column 2 (a\nb): “two” is not a finite number")
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
}
