import Autodiff
import NeuralNetworks

/// A module whose output is linear in its own parameters, and where the output of a sample depends on that sample only. A sample's
/// contribution to dL/d(parameters) then follows from the module's input and dL/d(output).
///
/// Sources: Goodfellow, "Efficient per-example gradient computations", 2015, arXiv:1510.01799; for sequences and convolutions Bu
/// et al., "Scalable and efficient training of large convolutional neural networks with differential privacy", 2022,
/// arXiv:2205.10683.
protocol SampleWise: Module {
  /// The squared norm of each sample's contribution to dL/d(parameters), over all calls, which have inputs and gradients.
  func squaredContributions(_ calls: [ProbedLayer], _ count: Int) -> [Double]

  /// The dot product of each sample's contribution to dL/d(parameters) in one call with the direction (`weight`, `bias`).
  func products(_ input: Tensor, _ gradient: Tensor, with weight: Tensor, _ bias: Tensor?, _ count: Int) -> [Double]
}

/// A module that can compute its output with a direction instead of its parameters. The dot product of that output with dL/d(output) is
/// the dot product of the direction with dL/d(parameters).
private protocol LinearInParameters: SampleWise {
  /// The part of the output that is linear in the parameters, computed with a direction instead of them.
  func image(of input: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor
}

extension LinearInParameters {
  func products(_ input: Tensor, _ gradient: Tensor, with weight: Tensor, _ bias: Tensor?, _ count: Int) -> [Double] {
    rowProducts(gradient, image(of: input, weight, bias), rows: count)
  }
}

extension Linear: SampleWise {
  func products(_ input: Tensor, _ gradient: Tensor, with weight: Tensor, _ bias: Tensor?, _ count: Int) -> [Double] {
    // gᵀ (D x) = (gᵀ D) x; the latter needs no transpose of D.
    let rows = gradient.reshaped([gradient.elementCount / weight.shape[0], weight.shape[0]])
    var products = rowProducts(input, matmul(rows, weight), rows: count)
    if let bias { products.add(sums(of: rowProducts(gradient, bias, rows: rows.shape[0]), count)) }
    return products
  }

  func squaredContributions(_ calls: [ProbedLayer], _ count: Int) -> [Double] {
    var squares: [Double]
    if calls.count == 1, calls[0].input!.shape.count == 2 {
      // The contribution is an outer product of two vectors; its norm is the product of their norms.
      let gradientSquares = rowSquares(calls[0].gradient!, rows: count)
      squares = rowSquares(calls[0].input!, rows: count)
      for index in 0..<count {
        squares[index] = squares[index] * gradientSquares[index] + (bias == nil ? 0 : gradientSquares[index])
      }
      return squares
    }
    squares = squaredSums(
      joined(calls.map { $0.input!.byPosition }, count), joined(calls.map { $0.gradient!.byPosition }, count))
    if bias != nil { squares.add(squaresOfSums(calls.map { $0.gradient! }, count)) }
    return squares
  }
}

extension Convolution: LinearInParameters {
  func image(of input: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
    guard let layer = self as? TransposedConvolution else {
      return convolve(input, weight: weight, bias: bias, window, groups: groups)
    }
    return convolveTransposed(
      input, weight: weight, bias: bias, window, outputPadding: layer.outputPadding, groups: groups)
  }

  func squaredContributions(_ calls: [ProbedLayer], _ count: Int) -> [Double] {
    // A transposed convolution is the gradient of a convolution from its outputs to its inputs.
    let isTransposed = self is TransposedConvolution
    let pairs = calls.map { call in
      isTransposed ? (from: call.gradient!, to: call.input!) : (from: call.input!, to: call.gradient!)
    }
    let inputs = weight.shape[1], outputs = weight.shape[0] / groups
    let kernel = weight.shape.elementCount / (weight.shape[0] * inputs)
    let positions = pairs.reduce(0) { $0 + $1.to.elementCount / ($1.to.shape[0] * weight.shape[0]) }
    var squares: [Double] = []
    // Patches take up to as many times the memory of the input as the kernel has elements, so they are formed for a few samples at a
    // time.
    let chunk = max(1, (1 << 20) / max(positions * inputs * kernel, 1))
    for start in Swift.stride(from: 0, to: count, by: chunk) {
      let end = min(start + chunk, count)
      let part = pairs.map { (from: $0.from.slice(start, end), to: $0.to.slice(start, end)) }
      var sums = [Double](repeating: 0, count: end - start)
      for group in 0..<groups {
        let inputs = part.map { $0.from.patches(window, first: group * weight.shape[1], count: weight.shape[1]) }
        let gradients = part.map { channels(of: $0.to, first: group * outputs, outputs) }
        sums.add(squaredSums(joined(inputs, end - start), joined(gradients, end - start)))
      }
      squares += sums
    }
    if bias != nil { squares.add(squaresOfSums(calls.map { $0.gradient! }, count)) }
    return squares
  }

  /// `count` channels from `first` on, [n, positions, count], of [n, …, channels].
  private func channels(of x: Tensor, first: Int, _ count: Int) -> Tensor {
    let channels = x.shape.last!, rows = x.elementCount / channels
    guard count < channels else { return x.byPosition }
    return Tensor(shape: [x.shape[0], rows / x.shape[0], count]) { taken in
      x.withValues { x in
        for row in 0..<rows {
          for channel in 0..<count { taken[row * count + channel] = x[row * channels + first + channel] }
        }
      }
    }
  }
}

extension LayerNorm: LinearInParameters {
  func image(of input: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
    layerNorm(
      input, weight: weight, bias: bias, epsilon: epsilon, centered: true)
  }

  func squaredContributions(_ calls: [ProbedLayer], _ count: Int) -> [Double] {
    var squares = squaresOfSums(
      calls.map {
        $0.gradient! * layerNorm($0.input!, weight: nil, bias: nil, epsilon: epsilon, centered: true)
      }, count)
    squares.add(squaresOfSums(calls.map { $0.gradient! }, count))
    return squares
  }
}

extension RMSNorm: LinearInParameters {
  func image(of input: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
    layerNorm(input, weight: weight, bias: nil, epsilon: epsilon, centered: false)
  }

  func squaredContributions(_ calls: [ProbedLayer], _ count: Int) -> [Double] {
    squaresOfSums(
      calls.map {
        $0.gradient! * layerNorm($0.input!, weight: nil, bias: nil, epsilon: epsilon, centered: false)
      }, count)
  }
}

extension Embedding: LinearInParameters {
  func image(of input: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor { weight.take(rows: input) }

  func squaredContributions(_ calls: [ProbedLayer], _ count: Int) -> [Double] {
    let width = weight.shape[1]
    return (0..<count).map { sample in
      // A row of the table gets the sum of the gradients at all positions with its index.
      var rows: [Float: [Double]] = [:]
      for call in calls {
        let length = call.input!.elementCount / count
        call.input!.withValues { indices in
          call.gradient!.withValues { gradient in
            for position in sample * length..<(sample + 1) * length {
              var row = rows.removeValue(forKey: indices[position]) ?? Array(repeating: 0, count: width)
              for column in 0..<width { row[column] += Double(gradient[position * width + column]) }
              rows[indices[position]] = row
            }
          }
        }
      }
      return rows.values.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } }
    }
  }
}

extension Tensor {
  /// [n, …, width] reshaped to [n, positions, width].
  fileprivate var byPosition: Tensor {
    reshaped([shape[0], shape.dropFirst().dropLast().reduce(1, *), shape.last!])
  }
}

/// Concatenates tensors [n, positions, width] along the positions.
private func joined(_ parts: [Tensor], _ count: Int) -> Tensor {
  guard parts.count > 1 else { return parts[0] }
  let sizes = parts.map { $0.elementCount / count }, width = parts[0].shape[2]
  let all = sizes.reduce(0, +)
  return Tensor(shape: [count, all / width, width]) { elements in
    var offset = 0
    for (part, size) in zip(parts, sizes) {
      part.withValues { values in
        for sample in 0..<count {
          for index in 0..<size { elements[sample * all + offset + index] = values[sample * size + index] }
        }
      }
      offset += size
    }
  }
}

/// ‖Σₜ gₜ xₜᵀ‖² of each sample, with x [n, positions, inputs] and g [n, positions, outputs]: with few positions t from the dot products of
/// pairs of positions, otherwise from the sums, for a few samples at a time.
private func squaredSums(_ x: Tensor, _ g: Tensor) -> [Double] {
  let count = x.shape[0], positions = x.shape[1], sizes = x.shape[2] * g.shape[2]
  if 2 * positions * positions <= sizes {
    return rowProducts(matmul(x, x, transposeRight: true), matmul(g, g, transposeRight: true), rows: count)
  }
  let chunk = max(1, (1 << 20) / max(sizes, 1))
  return stride(from: 0, to: count, by: chunk).flatMap { start in
    let end = min(start + chunk, count)
    return rowSquares(matmul(g.slice(start, end), x.slice(start, end), transposeLeft: true), rows: end - start)
  }
}

/// The squared norm of each sample's sum over positions and calls, of tensors [n, …, width].
private func squaresOfSums(_ parts: [Tensor], _ count: Int) -> [Double] {
  let sums = parts.map { $0.byPosition.sum(axes: [1]) }
  return rowSquares(sums.dropFirst().reduce(sums[0], +), rows: count)
}
