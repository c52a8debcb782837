extension Float64Array {
  /// The vectors along one dimension, each replaced by what `f` makes of it.
  public func along(_ axis: Int, _ f: ([Double]) -> [Double]) -> Float64Array {
    var sizes = shape
    sizes[axis] = 1
    var made: [[Int]: [Double]] = [:]
    for index in Float64Array.indices(sizes) {
      made[index] = f(
        (0..<shape[axis]).map { position in
          var place = index
          place[axis] = position
          return self[place]
        })
    }
    sizes[axis] = made.values.first?.count ?? 0
    return Float64Array(sizes) { index in
      var vector = index
      vector[axis] = 0
      return made[vector]![index[axis]]
    }
  }

  /// The vectors over several dimensions, each replaced by one number; the dimensions stay with size 1, or disappear.
  public func reduced(_ axes: [Int], keeping: Bool, _ f: ([Double]) -> Double) -> Float64Array {
    let others = shape.indices.filter { !axes.contains($0) }
    let flat = Float64Array(
      others.map { shape[$0] } + [axes.reduce(1) { $0 * shape[$1] }], transposed(others + axes).values)
    var result = flat.along(others.count) { [f($0)] }
    result.shape = keeping ? shape.indices.map { axes.contains($0) ? 1 : shape[$0] } : others.map { shape[$0] }
    return result
  }
}
