import Autodiff

/// Rows of numbers, all of one width. Copies share their memory, also between threads.
struct Samples: Sendable {
  let width: Int
  let count: Int
  private let storage: Storage

  private enum Storage: Sendable {
    /// Bytes as indices into a table of numbers: a quarter of the memory.
    case bytes([UInt8], table: [Float])
    case numbers([Float])
  }

  /// `count` rows. Stops the program if the number of elements is not a multiple of that.
  init(_ numbers: [Float], count: Int) { self.init(.numbers(numbers), elements: numbers.count, count: count) }

  /// `count` rows with the number `table[byte]` for each byte. Stops the program if the number of bytes is not a multiple of
  /// `count`.
  init(bytes: [UInt8], table: [Float], count: Int) {
    self.init(.bytes(bytes, table: table), elements: bytes.count, count: count)
  }

  private init(_ storage: Storage, elements: Int, count: Int) {
    guard count > 0, elements > 0, elements % count == 0 else {
      stop(
        "Dataset",
        "\(elements) numbers for \(count) samples; each sample must have the same number of features, at least 1")
    }
    self.storage = storage
    self.count = count
    width = elements / count
  }

  /// All numbers, row by row.
  var numbers: [Float] {
    switch storage {
    case .numbers(let numbers): numbers
    case .bytes(let bytes, let table): bytes.map { table[Int($0)] }
    }
  }

  /// The rows at these indices, in their order.
  func take(rows indices: [Int]) -> Samples {
    switch storage {
    case .numbers(let numbers):
      Samples(indices.flatMap { numbers[($0 * width)..<(($0 + 1) * width)] }, count: indices.count)
    case .bytes(let bytes, let table):
      Samples(
        bytes: indices.flatMap { bytes[($0 * width)..<(($0 + 1) * width)] }, table: table, count: indices.count)
    }
  }

  /// The rows at these indices, in their order, as [indices, width]. Stops the program at an index outside of the rows.
  func tensor(at indices: some Collection<Int>) -> Tensor {
    Tensor(shape: [indices.count, width]) { gather(indices, into: $0) }
  }

  /// The same as numbers.
  func numbers(at indices: some Collection<Int>) -> [Float] {
    [Float](unsafeUninitializedCapacity: indices.count * width) { target, count in
      count = indices.count * width
      gather(indices, into: UnsafeMutableBufferPointer(rebasing: target[..<count]))
    }
  }

  private func gather(_ indices: some Collection<Int>, into target: UnsafeMutableBufferPointer<Float>) {
    switch storage {
    case .numbers(let numbers): gather(indices, into: target, from: numbers) { $0 }
    case .bytes(let bytes, let table):
      table.withUnsafeBufferPointer { table in
        let first = table.baseAddress!
        gather(indices, into: target, from: bytes) { first[Int($0)] }
      }
    }
  }

  @inline(__always)
  private func gather<Element>(
    _ indices: some Collection<Int>, into target: UnsafeMutableBufferPointer<Float>, from all: [Element],
    _ number: (Element) -> Float
  ) {
    all.withUnsafeBufferPointer { all in
      guard var next = target.baseAddress, let first = all.baseAddress else { return }
      for index in indices {
        guard index >= 0, index < count else { stop("Dataset", "there is no sample \(index); there are \(count)") }
        let sample = first + index * width
        for column in 0..<width { next[column] = number(sample[column]) }
        next += width
      }
    }
  }
}
