extension Tensor {
  /// The part of this tensor whose index along a dimension lies in `range`; negative dimensions count from the back.
  public func sliced(_ axis: Int, _ range: Range<Int>) -> Tensor {
    let cut = SliceLayout(axis, range, of: shape, "sliced")
    let output = Buffer(count: cut.partShape.elementCount)
    cut.forEachRow { part, whole in (output.pointer + part).update(from: buffer.pointer + whole, count: cut.row) }
    return record(Tensor(shape: cut.partShape, buffer: output).castWithoutTape(to: precision), from: self) {
      [place = node, shape = shape] gradient, pass in
      pass.add(gradient.padded(axis, before: range.lowerBound, to: shape), to: place)
    }
  }

  /// This tensor with zeros around it along a dimension; negative dimensions count from the back.
  public func padded(_ axis: Int, before: Int, after: Int) -> Tensor {
    let fromFront = axis < 0 ? axis + shape.count : axis
    guard shape.indices.contains(fromFront), before >= 0, after >= 0 else {
      stop("padded", "no dimension \(axis) in the shape \(shape), or fewer than 0 zeros")
    }
    var sizes = Array(shape)
    sizes[fromFront] += before + after
    return padded(fromFront, before: before, to: Shape(sizes))
  }

  private func padded(_ axis: Int, before: Int, to target: Shape) -> Tensor {
    let fromFront = axis < 0 ? axis + shape.count : axis
    let range = before..<before + shape[fromFront]
    let cut = SliceLayout(axis, range, of: target, "padded")
    let output = Tensor(repeating: 0, shape: target), values = buffer.pointer
    cut.forEachRow { part, whole in (output.elements + whole).update(from: values + part, count: cut.row) }
    return record(output.castWithoutTape(to: precision), from: self) { [place = node] gradient, pass in
      pass.add(gradient.sliced(axis, range), to: place)
    }
  }
}

/// Tensors one after the other along a dimension, in which alone they may differ in size.
public func concatenated(_ tensors: [Tensor], axis: Int) -> Tensor {
  guard let first = tensors.first else { stop("concatenated", "there is no tensor") }
  let fromFront = axis < 0 ? axis + first.shape.count : axis
  guard first.shape.indices.contains(fromFront) else {
    stop("concatenated", "no dimension \(axis) in the shape \(first.shape)")
  }
  let whole = tensors.reduce(0) { sum, tensor in
    guard tensor.shape.count == first.shape.count,
      first.shape.indices.allSatisfy({ $0 == fromFront || tensor.shape[$0] == first.shape[$0] })
    else { stop("concatenated", first.shape, tensor.shape, "they differ in dimension \(axis) alone") }
    return sum + tensor.shape[fromFront]
  }
  var before = 0
  let padded = tensors.map { tensor in
    defer { before += tensor.shape[fromFront] }
    return tensor.padded(fromFront, before: before, after: whole - before - tensor.shape[fromFront])
  }
  return padded.dropFirst().reduce(padded[0]) { $0 + $1 }
}

/// How a part of a tensor, cut out along one dimension, lies in it: rows of memory at equal distances.
private struct SliceLayout {
  let partShape: Shape
  let row: Int
  private let count, step, first: Int

  init(_ axis: Int, _ range: Range<Int>, of whole: Shape, _ operation: String) {
    let axis = axis < 0 ? axis + whole.count : axis
    guard whole.indices.contains(axis), range.lowerBound >= 0, range.upperBound <= whole[axis] else {
      stop(operation, "no \(range) along dimension \(axis) of the shape \(whole)")
    }
    var sizes = Array(whole)
    sizes[axis] = range.count
    partShape = Shape(sizes)
    let inner = whole.dropFirst(axis + 1).reduce(1, *)
    count = whole.prefix(axis).reduce(1, *)
    row = range.count * inner
    step = whole[axis] * inner
    first = range.lowerBound * inner
  }

  func forEachRow(_ body: (_ part: Int, _ whole: Int) -> Void) {
    for index in 0..<count { body(index * row, index * step + first) }
  }
}
