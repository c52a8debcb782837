import CKernels

// How kernels share their work among threads: in chunks whose boundaries depend on sizes alone, so that the results have the same bits for
// any number of threads.

/// The number of elements of a chunk.
private let chunkSize = 1 << 15
/// Up to this number of elements the calling thread works alone: waking up another takes 5 µs, as a pass over half as many does.
private let mostAlone = 1 << 16

/// Calls `body` with ranges that cover 0 ..< count, on the threads of `useThreads` where there is enough to do. Each number stands for
/// `width` elements. `body` may not write what another range reads or writes.
@inline(__always)
func inChunks(of count: Int, width: Int = 1, _ body: (Range<Int>) -> Void) {
  guard count * width > mostAlone, threadCount > 1 else { return body(Range(uncheckedBounds: (0, count))) }
  share(Chunks(count, width), body)
}

/// What `part` makes of consecutive ranges that cover 0 ..< count, joined in their order; all at once where they are no more than a
/// chunk. Each number stands for `width` elements. `part` may be called on several threads.
@inline(__always)
func reducedInChunks<Part>(
  of count: Int, width: Int = 1, _ part: (Range<Int>) -> Part, join: (inout Part, Part) -> Void
) -> Part {
  guard count * width > chunkSize else { return part(Range(uncheckedBounds: (0, count))) }
  return reduced(Chunks(count, width), part, join)
}

/// The ranges of at most `size` that cover 0 ..< count.
private struct Chunks {
  let count, size: Int

  init(_ count: Int, _ width: Int) {
    self.count = count
    size = max(1, chunkSize / max(width, 1))
  }

  var number: Int { (count + size - 1) / size }

  subscript(index: Int) -> Range<Int> { index * size..<min((index + 1) * size, count) }
}

@inline(never)
private func share(_ chunks: Chunks, _ body: (Range<Int>) -> Void) {
  withoutActuallyEscaping(body) { body in
    var work = { (index: Int) in body(chunks[index]) }
    withUnsafeMutablePointer(to: &work) {
      in_parallel(
        Int32(threadCount), Int64(chunks.number),
        { work, index in work!.assumingMemoryBound(to: ((Int) -> Void).self).pointee(Int(index)) }, $0)
    }
  }
}

@inline(never)
private func reduced<Part>(
  _ chunks: Chunks, _ part: (Range<Int>) -> Part, _ join: (inout Part, Part) -> Void
) -> Part {
  let number = chunks.number, width = (chunkSize + chunks.size - 1) / chunks.size
  let parts = UnsafeMutablePointer<Part>.allocate(capacity: number)
  defer {
    parts.deinitialize(count: number)
    parts.deallocate()
  }
  inChunks(of: number, width: chunks.size * width) { indices in
    for index in indices { (parts + index).initialize(to: part(chunks[index])) }
  }
  for index in 1..<number { join(&parts[0], parts[index]) }
  return parts[0]
}
