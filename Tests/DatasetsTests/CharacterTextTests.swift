import Autodiff
import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct CharacterTextTests {
  private let text = CharacterText("hello, wörld")

  @Test func charactersAreClasses() {
    #expect(String(text.vocabulary) == " ,dehlorwö")
    #expect(text.decoded(text.classes) == "hello, wörld")
    #expect(text.encoded("hole") == [4, 6, 5, 3] && text.encoded("x") == nil)
    #expect(text.decoded([4, 3]) == "he")
  }

  @Test func labelsAreTheNextCharacters() {
    var starts: Set<String> = []
    for batch in text.windows(of: 4, batch: 3, seed: 5).prefix(40) {
      #expect(batch.inputs.shape == [3, 4] && batch.labels.count == 12)
      for row in 0..<3 {
        let part = text.decoded(batch.inputs.values[row * 4..<row * 4 + 4].map { Int($0) })
        let next = text.decoded(batch.labels[row * 4..<row * 4 + 4])
        #expect(part.dropFirst() == next.dropLast() && "hello, wörld".contains(part + String(next.last!)))
        starts.insert(part)
      }
    }
    // Each place but the last four begins a part.
    #expect(starts.count == 8)
  }

  @Test func batchesFollowFromSeedAndPosition() {
    func labels(_ seed: UInt64) -> [[Int]] { text.windows(of: 4, batch: 3, seed: seed).prefix(5).map(\.labels) }
    #expect(labels(1) == labels(1) && labels(1) != labels(2))
    var iterator = text.windows(of: 4, batch: 3, seed: 1).makeIterator()
    iterator.position = 3
    #expect(iterator.next()?.labels == labels(1)[3] && iterator.position == 4)
  }

  @Test func aSplitKeepsTheVocabulary() {
    let (first, last) = text.split(lastShare: 0.25)
    #expect(first.decoded(first.classes) == "hello, wö" && last.decoded(last.classes) == "rld")
    #expect(first.vocabulary == text.vocabulary)
  }

  @Test func filesAreRead() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/t.txt"
      try Data("ab\ncä".utf8).write(to: URL(filePath: path))
      #expect(try String(CharacterText(path: path).vocabulary) == "\nabcä")
      try Data([0x61, 0x62, 0xE4, 0x63]).write(to: URL(filePath: path))
      let error = #expect(throws: DataFileError.self) { try CharacterText(path: path) }
      #expect(error?.description.contains("not UTF-8") == true)
      try Data("a".utf8).write(to: URL(filePath: path))
      #expect(throws: DataFileError.empty(path: path)) { try CharacterText(path: path) }
    }
  }
}
