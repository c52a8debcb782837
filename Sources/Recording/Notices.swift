import Foundation
import RunFile

/// What a recorder tells its user, each thing once.
final class Notices {
  private let writer: RunWriter
  private let tell: (String) -> Void
  private var told: Set<String> = []

  init(_ writer: RunWriter, tell: ((String) -> Void)?) {
    self.writer = writer
    self.tell = tell ?? { text in FileHandle.standardError.write(Data("rheoscope: \(text)\n".utf8)) }
  }

  /// Tells something about a subject, by default its first words, that nobody has been told about before.
  func once(_ text: String, about subject: String? = nil) {
    if told.insert(subject ?? String(text.prefix(40))).inserted { tell(text) }
  }

  /// Tells, and writes into the run file, that something is not finite; only the first time.
  func nonfinite(_ what: String, at layer: ProbedLayer?, step: Int) {
    guard told.insert("nonfinite").inserted else { return }
    tell("\(what) at step \(step)\(layer.map { " at \($0.path)" } ?? ""); recording goes on")
    try? writer.event(step: step, site: layer?.index, kind: "nonfinite", text: what)
  }
}
