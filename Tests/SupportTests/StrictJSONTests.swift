import Foundation
import Support
import Testing

@Suite struct StrictJSONTests {
  private func error(_ text: String, depthLimit: Int = 100) -> String? {
    do throws(JSONError) {
      _ = try StrictJSON(Data(text.utf8), depthLimit: depthLimit)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test(
    arguments: [
      ("", "line 1, column 1: found the end, expected a value"),
      ("[7,]", "line 1, column 4: found “]”, expected a value"),
      ("[,7]", "line 1, column 2: found “,”, expected a value or “]”"),
      ("{\"a\": 1,\n}", "line 2, column 1: found “}”, expected a key in double quotes"),
      ("{a: 1}", "line 1, column 2: found “a”, expected a key in double quotes or “}”"),
      ("{\"ä\": 1,\n  \"b\" 4}", "line 2, column 7: found “4”, expected “:”"),
      ("{\"ä\" 1}", "line 1, column 6: found “1”, expected “:”"),
      (
        "{\"d\": 7, \"\\u0064\": 7}",
        "line 1, column 10: found “d” again, expected a key that the object does not have yet"
      ),
      // é as one character, and as e with an accent.
      (
        "{\"\u{E9}\": 7, \"e\u{301}\": 7}",
        "line 1, column 10: found “e\u{301}” again, in another Unicode normal form, expected a key that the object does not have yet"
      ),
      ("{\"a\": 1 \"b\": 2}", "line 1, column 9: found “\"”, expected “,” or “}”"),
      ("[1 2]", "line 1, column 4: found “2”, expected “,” or “]”"),
      ("{}}", "line 1, column 3: found “}”, expected the end of the text"),
      ("\u{FEFF}{}", "line 1, column 1: found “\u{FEFF}”, expected a value"),
      ("NaN", "line 1, column 1: found “NaN”, expected a value"),
      ("'a'", "line 1, column 1: found “'”, expected a value"),
      (
        "\"a\nb\"",
        "line 1, column 3: found the end of the line, expected “\"”, or an escape such as \\n in place of a control character"
      ),
      ("\"a", "line 1, column 3: found the end, expected “\"”"),
      ("\"\\x\"", "line 1, column 2: found “\\”, expected one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u"),
      ("\"\\uD83D\"", "line 1, column 2: found “\\”, expected both halves of a surrogate pair"),
      ("\"\\uD83Dx\"", "line 1, column 2: found “\\”, expected both halves of a surrogate pair"),
      ("\"\\u12G4\"", "line 1, column 2: found “\\”, expected four hexadecimal digits after \\u"),
      ("// a comment\n1", "line 1, column 1: found “/”, expected a value"),
    ])
  func textsThatAreNotJSON(_ text: String, _ expected: String) { #expect(error(text) == expected) }

  @Test(arguments: ["07", "1.", ".5", "-", "+1", "1e", "1e+", "1.2.3", "0x10", "1_000", "--1", "Infinity"])
  func numbersThatAreNotJSON(_ text: String) throws {
    #expect(try #require(error("[\(text)]")).hasPrefix("line 1, column 2: found “"))
  }

  @Test(arguments: [("0", 0), ("-0", 0), ("10", 10), ("-1.5", -1.5), ("1e3", 1000), ("1E-2", 0.01), ("2.5e+1", 25)])
  func numbers(_ text: String, _ value: Double) throws {
    #expect(try StrictJSON(Data(text.utf8)).root.double == value)
  }

  @Test func textsThatAreNotUTF8AreRefused() {
    let error = #expect(throws: JSONError.self) { try StrictJSON(Data([0x22, 0xC3, 0x28, 0x22])) }
    #expect(error?.found == "a string that is not UTF-8")
  }

  @Test func nestingHasALimit() {
    #expect(error(String(repeating: "[", count: 3) + "1" + "]]]", depthLimit: 3) == nil)
    #expect(
      error("[[[[1]]]]", depthLimit: 3)
        == "line 1, column 4: found a deeper level, expected at most 3 levels of arrays and objects")
    // Siblings are no levels.
    #expect(error("[[],[],{},[1],{\"a\":[]}]", depthLimit: 3) == nil)
    #expect(error(String(repeating: "[", count: 1_000_000))?.contains("a deeper level") == true)
  }

  @Test func valuesKeepTheirOrderAndPosition() throws {
    let text = "{\n  \"b\": [1, -2.5e1, true, false, null],\n  \"a\": \"\\u00e9\\uD83D\\uDE00\\n/\\/\"\n}\n"
    let members = try StrictJSON(Data(text.utf8)).root.members
    #expect(members.map(\.name) == ["b", "a"])
    let position = members[1].position
    #expect(position.line == 3 && position.column == 3 && position.byte == 43)
    #expect(try members[1].value.string == "é😀\n//")
    let elements = try members[0].value.elements
    #expect(try elements[0].int == 1 && elements[1].double == -25)
    guard case .bool(true) = elements[2].content, case .bool(false) = elements[3].content,
      case .null = elements[4].content
    else {
      Issue.record("true, false and null were read as something else")
      return
    }
    #expect(
      "\(try #require(throws: JSONError.self) { try elements[1].int })"
        == "line 2, column 12: found “-2.5e1”, expected a whole number")
  }

  @Test func numbersThatDoubleCannotHoldAreRefused() throws {
    let root = try StrictJSON(Data("[1e999, 99999999999999999999]".utf8)).root
    #expect(throws: JSONError.self) { try root.elements[0].double }
    #expect(throws: JSONError.self) { try root.elements[1].int }
    #expect(try root.elements[1].double == 1e20)
  }

  private struct Record: Decodable {
    let name: String
    let counts: [Int]
  }

  @Test(
    arguments: [
      ("{\"name\": \"x\", \"counts\": [1, 2]}", nil),
      ("{\"name\": \"x\",\n \"counts\": [1, \"2\"]}", "line 2, column 16: found “\"”, expected a whole number"),
      ("{\"name\": 7, \"counts\": []}", "line 1, column 10: found “7”, expected a string"),
      ("{\"name\": \"x\"}", "line 1, column 1: found an object without “counts”, expected the key “counts”"),
      (
        "{\"name\": \"x\", \"name\": \"y\", \"counts\": []}",
        "line 1, column 15: found “name” again, expected a key that the object does not have yet"
      ),
    ])
  func decodingReportsPositions(_ text: String, _ expected: String?) {
    do throws(JSONError) {
      _ = try JSONDecoder().decodeStrictly(Record.self, from: Data(text.utf8))
      #expect(expected == nil)
    } catch {
      #expect("\(error)" == expected)
    }
  }
}
