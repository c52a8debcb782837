extension Tensor {
  /// The part of this tensor whose index along a dimension lies in `range`: that dimension has the size of the range, the others
  /// stay: 2..<5 of dimension 1 of [n, 8] is [n, 3]. Negative dimensions count from the last. The gradient outside the part is 0.
  ///
  /// Stops the program if there is no such dimension or the range leaves it.
  public func sliced(_ axis: Int, _ range: Range<Int>) -> Tensor {
    let axis = AxisLayout(axis, of: shape, "sliced").axis, layout = SliceLayout(axis, range, of: shape, "sliced")
    return record(part(layout), from: self) { [node, shape] gradient, pass in
      guard let node, !pass.add(gradient, inPlaceAt: layout, of: node) else { return }
      pass.add(gradient.padded(axis, before: range.lowerBound, to: shape), to: node)
    }
  }

  /// This tensor with `before` zeros in front of it and `after` zeros behind it along a dimension, whose size grows by both: [3, 8]
  /// along dimension 1 becomes [3, before + 8 + after].
  /// Negative dimensions count from the last.
  ///
  /// Stops the program if there is no such dimension or a number of zeros is negative.
  public func padded(_ axis: Int, before: Int, after: Int) -> Tensor {
    let layout = AxisLayout(axis, of: shape, "padded")
    guard before >= 0, after >= 0, Swift.max(before, after) <= Int32.max else {
      stop("padded", "\(before) and \(after) zeros; their numbers must be from 0 to \(Int32.max)")
    }
    return padded(layout.axis, before: before, to: layout.shape(replacing: [before + layout.size + after]))
  }

  private func padded(_ axis: Int, before: Int, to target: Shape) -> Tensor {
    let range = before..<before + shape[axis]
    let layout = SliceLayout(axis, range, of: target, "padded")
    return record(assembled([(self, layout)], to: target, precision), from: self) { [node] gradient, pass in
      pass.add(gradient.sliced(axis, range), to: node)
    }
  }
}

/// Tensors one after the other along a dimension, in which alone their sizes may differ: [n, 2] and [n, 5] along 1 are [n, 7].
/// Negative dimensions count from the last. The result has the tensors' precision, Float32 where they differ.
///
/// Stops the program if there is no tensor, no such dimension, or another dimension differs.
public func concatenated(_ tensors: [Tensor], axis: Int) -> Tensor {
  guard let first = tensors.first else { stop("concatenated", "there is no tensor") }
  let layout = AxisLayout(axis, of: first.shape, "concatenated"), axisFromFront = layout.axis
  var ranges: [Range<Int>] = []
  for tensor in tensors {
    guard tensor.shape.count == first.shape.count,
      first.shape.indices.allSatisfy({ $0 == axisFromFront || tensor.shape[$0] == first.shape[$0] })
    else { stop("concatenated", first.shape, tensor.shape, "only dimension \(axis) may differ") }
    let start = ranges.last?.upperBound ?? 0
    ranges.append(start..<start + tensor.shape[axisFromFront])
  }
  let shape = layout.shape(replacing: [ranges.last!.upperBound])
  let isUniform = tensors.allSatisfy { $0.precision == first.precision }
  let precision = isUniform ? first.precision : .float32
  let parts = zip(tensors, ranges).map { tensor, range in
    (tensor.castWithoutTape(to: precision), SliceLayout(axisFromFront, range, of: shape, "concatenated"))
  }
  return record(assembled(parts, to: shape, precision), from: tensors) { [nodes = tensors.map(\.node)] gradient, pass in
    for (node, range) in zip(nodes, ranges) { pass.add(gradient.sliced(axisFromFront, range), to: node) }
  }
}

/// How a part of a tensor, cut out along one dimension, lies in it: `count` rows of `row` elements, `step` apart from `first` on.
struct SliceLayout {
  let partShape: Shape
  let count, row, step, first: Int

  /// The part whose index along `axis` lies in `range`. Stops the program, in the name of `operation`, if the range leaves the
  /// dimension.
  init(_ axis: Int, _ range: Range<Int>, of whole: Shape, _ operation: String) {
    let layout = AxisLayout(axis, of: whole, operation)
    guard range.lowerBound >= 0, range.upperBound <= layout.size else {
      stop(operation, "no \(range) along dimension \(layout.axis) of the shape \(whole)")
    }
    partShape = layout.shape(replacing: [range.count])
    count = layout.outer
    row = range.count * layout.inner
    step = layout.size * layout.inner
    first = range.lowerBound * layout.inner
  }
}
