import CKernels

/// A linear map along one axis: element i of the result is Σ weights[k] x[indices[k]] over k in starts[i] ..< starts[i + 1].
struct AxisMap: Sendable {
  let size: Int
  private var starts: [Int64] = [0]
  private var indices: [Int64] = []
  private var weights: [Float] = []

  /// A map from `size` elements to `count`, with the terms of each. Terms of weight 0 are left out.
  init(from size: Int, to count: Int, terms: (Int) -> [(index: Int, weight: Float)]) {
    self.size = size
    for element in 0..<count {
      for (index, weight) in terms(element) where weight != 0 {
        indices.append(Int64(index))
        weights.append(weight)
      }
      starts.append(Int64(indices.count))
    }
  }

  var count: Int { starts.count - 1 }

  /// The transpose, from `count` elements to `size`.
  var transposed: AxisMap {
    var terms = [[(index: Int, weight: Float)]](repeating: [], count: size)
    for element in 0..<count {
      for term in Int(starts[element])..<Int(starts[element + 1]) {
        terms[Int(indices[term])].append((element, weights[term]))
      }
    }
    return AxisMap(from: count, to: size) { terms[$0] }
  }

  /// This map along one axis of x, a new tensor of its precision, not on the tape.
  func applied(to x: Tensor, _ axis: Int) -> Tensor {
    var sizes = Array(x.shape)
    sizes[axis] = count
    let shape = Shape(sizes), output = Buffer(shape: shape)
    let outer = sizes[..<axis].reduce(1, *), inner = sizes[(axis + 1)...].reduce(1, *)
    x.withFloat32 { x in
      inChunks(of: outer, width: Swift.max(size, count) * inner) {
        resample(
          x + $0.lowerBound * size * inner, Int64($0.count), Int64(size), Int64(inner), Int64(count), starts, indices,
          weights, output.pointer + $0.lowerBound * count * inner)
      }
    }
    return Tensor(shape: shape, buffer: output).castWithoutTape(to: x.precision)
  }
}
