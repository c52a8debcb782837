import Support
import Testing

@Suite struct PathPatternTests {
  @Test(arguments: [
    ("blocks.3.linear", "blocks.3.linear", true), ("blocks.*.linear", "blocks.3.linear", true),
    ("blocks.1*.linear", "blocks.12.linear", true), ("blocks.1*.linear", "blocks.2.linear", false),
    ("blocks.*", "blocks.3.linear", false), ("blocks.**", "blocks.3.linear", true), ("**", "", true),
    ("**.weight", "weight", true), ("*", "", false), ("", "", true), ("", "stem", false),
  ])
  func matches(_ pattern: String, _ path: String, _ expected: Bool) {
    #expect(PathPattern(pattern).matches(path) == expected)
  }
}
