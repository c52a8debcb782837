import CKernels

/// Indices of elements of a tensor, one for each element of another.
final class GatherIndices {
  fileprivate let pointer: UnsafeMutablePointer<Int32>
  private let memory: Buffer

  /// `count` indices, which `fill` writes.
  init(count: Int, fill: (UnsafeMutableBufferPointer<Int32>) -> Void) {
    memory = Buffer(count: count)
    pointer = UnsafeMutableRawPointer(memory.pointer).assumingMemoryBound(to: Int32.self)
    fill(UnsafeMutableBufferPointer(start: pointer, count: count))
  }

  /// The positions in a tensor [outer, size, inner] of the elements that `indices` name along its dimension, where they have the shape
  /// [outer, n, inner]. Calls `stop` with the position of an index that is out of range.
  init(along layout: AxisLayout, _ indices: [Int], stop: (Int) -> Never) {
    memory = Buffer(count: indices.count)
    pointer = UnsafeMutableRawPointer(memory.pointer).assumingMemoryBound(to: Int32.self)
    let row = layout.outer * layout.inner, size = row == 0 ? 0 : indices.count / row
    let parts = axis_layout(outer: Int64(layout.outer), size: Int64(size), inner: Int64(layout.inner))
    let outside = positions_along(indices, parts, Int64(layout.size), pointer)
    if outside >= 0 { stop(Int(outside)) }
  }
}

extension Tensor {
  /// y[i] = x[indices[i]], a new tensor of the given shape and of this one's precision, not on the tape.
  func gatheredWithoutTape(_ indices: GatherIndices, to shape: Shape) -> Tensor {
    let output = Buffer(shape: shape)
    withExtendedLifetime(indices) {
      withFloat32 { x in
        inChunks(of: shape.elementCount) {
          CKernels.gather(x, indices.pointer + $0.lowerBound, output.pointer + $0.lowerBound, $0.count)
        }
      }
    }
    return Tensor(shape: shape, buffer: output).castWithoutTape(to: precision)
  }

  /// y[indices[i]] += x[i] over zeros, a new tensor of the given shape and of this one's precision, not on the tape.
  func scatteredWithoutTape(_ indices: GatherIndices, to shape: Shape) -> Tensor {
    let output = Tensor(repeating: 0, shape: shape)
    withExtendedLifetime(indices) {
      withFloat32 { scatter_add($0, indices.pointer, output.elements, elementCount) }
    }
    return output.castWithoutTape(to: precision)
  }

  /// The part that `layout` describes, a new tensor of this one's precision, not on the tape.
  func part(_ layout: SliceLayout) -> Tensor {
    let output = Buffer(shape: layout.partShape, precision: precision)
    layout.copy(fromWhole: storage, toPart: output)
    return Tensor(shape: layout.partShape, buffer: output)
  }
}

extension Tensor {
  /// Adds another tensor to the part that `layout` describes, in place; nobody else may see this tensor's memory (`ownsItsMemory`).
  func addInPlace(_ other: Tensor, at layout: SliceLayout) {
    other.withFloat32 { other in
      inChunks(of: layout.count, width: layout.row) { rows in
        for index in rows {
          add_scaled(other + index * layout.row, 1, elements + index * layout.step + layout.first, layout.row)
        }
      }
    }
  }
}

/// A tensor of zeros into which parts are copied as their layouts describe, not on the tape. The parts have the given precision.
func assembled(_ parts: [(tensor: Tensor, layout: SliceLayout)], to shape: Shape, _ precision: Precision) -> Tensor {
  let output = Buffer(shape: shape, precision: precision)
  let filled = parts.reduce(0) { $0 + $1.tensor.elementCount }
  if filled < shape.elementCount { output.clear() }
  for (tensor, layout) in parts { layout.copy(fromPart: tensor.storage, toWhole: output) }
  return Tensor(shape: shape, buffer: output)
}

extension SliceLayout {
  fileprivate func copy(fromWhole whole: Buffer, toPart part: Buffer) {
    let size = whole.precision.bytes, from = UnsafeRawPointer(whole.pointer)
    let to = UnsafeMutableRawPointer(part.pointer)
    inChunks(of: count, width: row) { rows in
      for index in rows {
        (to + index * row * size).copyMemory(from: from + (index * step + first) * size, byteCount: row * size)
      }
    }
    withExtendedLifetime((whole, part)) {}
  }

  fileprivate func copy(fromPart part: Buffer, toWhole whole: Buffer) {
    let size = part.precision.bytes, from = UnsafeRawPointer(part.pointer)
    let to = UnsafeMutableRawPointer(whole.pointer)
    inChunks(of: count, width: row) { rows in
      for index in rows {
        (to + (index * step + first) * size).copyMemory(from: from + index * row * size, byteCount: row * size)
      }
    }
    withExtendedLifetime((whole, part)) {}
  }
}
