import Autodiff

/// A text whose characters are the classes of a net that predicts the next one.
///
///     let text = try CharacterText(path: "book.txt")
///     let (train, validation) = text.split(lastShare: 0.1)
///     let net = Sequential(Embedding(text.vocabulary.count, 32), LSTM(32, 128), Linear(128, text.vocabulary.count))
///     for batch in train.windows(of: 64, batch: 32, seed: 7).prefix(1000) {
///       let logits = net(batch.inputs)                                // [32, 64, characters]
///       let loss = crossEntropy(logits.reshaped([32 * 64, text.vocabulary.count]), batch.labels)
///       …
///     }
public struct CharacterText: Sendable {
  /// The distinct characters in the order of their Unicode scalars: those of class 0, 1, ….
  public let vocabulary: [Character]
  /// The class of each character of the text.
  public let classes: [Int]

  /// Reads a file of UTF-8 text. Throws a `DataFileError` if it can't be read, is not UTF-8, or has fewer than two characters.
  public init(path: String) throws(DataFileError) {
    let bytes = try contents(ofFile: path)
    try checkText(bytes, path: path)
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.count >= 2 else { throw .empty(path: path) }
    self.init(text)
  }

  /// A text of at least two characters. Stops the program if it is shorter.
  public init(_ text: String) {
    let characters = Array(text)
    guard characters.count >= 2 else {
      stop("CharacterText", "the text has \(characters.count) characters; it needs two")
    }
    let vocabulary = Set(characters).sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
    let classes = Dictionary(uniqueKeysWithValues: vocabulary.enumerated().map { ($1, $0) })
    self.init(vocabulary, characters.map { classes[$0]! })
  }

  private init(_ vocabulary: [Character], _ classes: [Int]) { (self.vocabulary, self.classes) = (vocabulary, classes) }

  /// The classes of a text's characters; nil if one is not in the vocabulary.
  public func encoded(_ text: String) -> [Int]? {
    let classes = Dictionary(uniqueKeysWithValues: vocabulary.enumerated().map { ($1, $0) })
    let found = text.compactMap { classes[$0] }
    return found.count == text.count ? found : nil
  }

  /// The text of classes. Stops the program if one is out of range.
  public func decoded(_ classes: some Sequence<Int>) -> String {
    String(
      classes.map { index in
        guard vocabulary.indices.contains(index) else {
          stop("decoded", "there is no character \(index); there are \(vocabulary.count)")
        }
        return vocabulary[index]
      })
  }

  /// The text up to the last share of its characters, and that share, with one vocabulary. Stops the program unless both parts have at least
  /// two characters.
  public func split(lastShare share: Double) -> (first: CharacterText, last: CharacterText) {
    let count = share > 0 && share < 1 ? Int((Double(classes.count) * share).rounded()) : 0
    guard count >= 2, classes.count - count >= 2 else {
      stop("split", "the last \(share) of \(classes.count) characters leaves a part with fewer than two")
    }
    return (
      CharacterText(vocabulary, Array(classes.dropLast(count))), CharacterText(vocabulary, Array(classes.suffix(count)))
    )
  }

  /// An endless sequence of batches of parts of the text, `length` characters long, from places that the seed determines.
  ///
  /// Inputs [batch, length] are the classes of characters, labels those that follow, row by row: batch · length of them. Stops the program
  /// unless the length is from 1 to the number of characters − 1, and the batch size at least 1.
  public func windows(of length: Int, batch size: Int, seed: UInt64) -> TextWindows {
    guard length >= 1, length < classes.count, size >= 1 else {
      stop(
        "windows",
        "\(size) parts of \(length) characters of a text of \(classes.count); the length must be from 1 to \(classes.count - 1), "
          + "and the batch size at least 1")
    }
    return TextWindows(text: self, length: length, size: size, seed: seed)
  }
}

/// An endless sequence of batches of parts of a text. Every iteration yields the same batches.
public struct TextWindows: Sequence, Sendable {
  let text: CharacterText
  let length, size: Int
  let seed: UInt64

  /// An iterator that begins with the first batch.
  public func makeIterator() -> Iterator { Iterator(source: self) }

  /// One iteration over the batches.
  public struct Iterator: IteratorProtocol {
    let source: TextWindows
    /// The number of batches so far. Assign it to resume. Stops the program if it is negative.
    public var position = 0 {
      didSet { if position < 0 { stop("windows", "the position is \(position); it must be 0 or more") } }
    }

    /// The next batch; never nil.
    public mutating func next() -> Batch? {
      var random = RandomStream(seed: source.seed, name: "windows of batch \(position)")
      position += 1
      let classes = source.text.classes
      var inputs: [Float] = [], labels: [Int] = []
      for _ in 0..<source.size {
        let start = random.below(classes.count - source.length)
        inputs += classes[start..<start + source.length].map { Float($0) }
        labels += classes[start + 1...start + source.length]
      }
      return BatchNumbers(count: source.size, inputs: inputs, labels: labels, targets: nil).batch
    }
  }
}
