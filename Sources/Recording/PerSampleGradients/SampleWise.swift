import Autodiff
import NeuralNetworks

/// A module whose output is linear in its own parameters and mixes no samples, so that a sample's share of dL/d(parameters) can be
/// told from what goes in and what comes back.
///
/// Sources: Goodfellow, "Efficient per-example gradient computations", 2015, arXiv:1510.01799; for sequences and convolutions Bu
/// et al., "Scalable and efficient training of large convolutional neural networks with differential privacy", 2022,
/// arXiv:2205.10683.
protocol SampleWise: Module {
  /// The squared norm of each sample's share of dL/d(parameters), over all calls, whose inputs and gradients are there.
  func squaredShares(_ calls: [ProbedLayer], _ count: Int) -> [Double]

  /// The product of each sample's share of dL/d(parameters) in a call and a direction in the parameters' space.
  func products(_ input: Tensor, _ gradient: Tensor, with weight: Tensor, _ bias: Tensor?, _ count: Int) -> [Double]
}

/// A module whose output with a direction in the parameters' place can be computed: its product with dL/d(output) is that of the
/// direction and dL/d(parameters).
private protocol LinearInParameters: SampleWise {
  /// The part of the output that is linear in the parameters, with a direction in their place.
  func image(of input: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor
}

extension LinearInParameters {
  func products(_ input: Tensor, _ gradient: Tensor, with weight: Tensor, _ bias: Tensor?, _ count: Int) -> [Double] {
    rowProducts(gradient, image(of: input, weight, bias), rows: count)
  }
}

extension Linear: SampleWise {
  func products(_ input: Tensor, _ gradient: Tensor, with weight: Tensor, _ bias: Tensor?, _ count: Int) -> [Double] {
    // gᵀ (D x) = (gᵀ D) x, of which the latter reads D as it lies.
    let rows = gradient.reshaped([gradient.elementCount / weight.shape[0], weight.shape[0]])
    var products = rowProducts(input, matmul(rows, weight), rows: count)
    if let bias { products.add(sums(of: rowProducts(gradient, bias, rows: rows.shape[0]), count)) }
    return products
  }

  func squaredShares(_ calls: [ProbedLayer], _ count: Int) -> [Double] {
    var shares: [Double]
    if calls.count == 1, calls[0].input!.shape.count == 2 {
      // The share is the outer product of two vectors, whose norms multiply.
      let backs = rowSquares(calls[0].gradient!, rows: count)
      shares = rowSquares(calls[0].input!, rows: count)
      for index in 0..<count { shares[index] = shares[index] * backs[index] + (bias == nil ? 0 : backs[index]) }
      return shares
    }
    shares = squaredSums(
      stacked(calls.map { $0.input!.places }, count), stacked(calls.map { $0.gradient!.places }, count))
    if bias != nil { shares.add(squaresOfSums(calls.map { $0.gradient! }, count)) }
    return shares
  }
}

extension Conv2d: LinearInParameters {
  func image(of input: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
    convolve(
      input, weight: weight, bias: bias, stride: stride, padding: padding, groups: groups)
  }

  func squaredShares(_ calls: [ProbedLayer], _ count: Int) -> [Double] {
    let inputs = weight.shape[1], outputs = weight.shape[0] / groups, window = weight.shape[2]
    let places = calls.reduce(0) { $0 + $1.gradient!.shape[1] * $1.gradient!.shape[2] }
    var shares: [Double] = []
    // Patches hold each pixel as often as there are places in a window, so a few samples at a time.
    let chunk = max(1, (1 << 20) / max(places * inputs * window * window, 1))
    for start in Swift.stride(from: 0, to: count, by: chunk) {
      let end = min(start + chunk, count)
      let part = calls.map {
        (input: $0.input!.slice(start, end), gradient: $0.gradient!.slice(start, end))
      }
      var sums = [Double](repeating: 0, count: end - start)
      for group in 0..<groups {
        let inputs = part.map { patches(of: $0.input, first: group * weight.shape[1]) }
        let backs = part.map { channels(of: $0.gradient, first: group * outputs, outputs) }
        sums.add(squaredSums(stacked(inputs, end - start), stacked(backs, end - start)))
      }
      shares += sums
    }
    if bias != nil { shares.add(squaresOfSums(calls.map { $0.gradient! }, count)) }
    return shares
  }

  /// [n, height, width, channels] to [n, places, window² inputs] for one group.
  private func patches(of x: Tensor, first: Int) -> Tensor {
    x.patches(kernelSize: weight.shape[2], stride: stride, padding: padding, first: first, count: weight.shape[1])
  }

  /// [n, height, width, channels] to [n, places, count], the channels from `first` on.
  private func channels(of x: Tensor, first: Int, _ count: Int) -> Tensor {
    guard count < x.shape[3] else { return x.places }
    let rows = x.elementCount / x.shape[3], channels = x.shape[3]
    return Tensor(shape: [x.shape[0], x.shape[1] * x.shape[2], count]) { taken in
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

  func squaredShares(_ calls: [ProbedLayer], _ count: Int) -> [Double] {
    var shares = squaresOfSums(
      calls.map {
        $0.gradient! * layerNorm($0.input!, weight: nil, bias: nil, epsilon: epsilon, centered: true)
      }, count)
    shares.add(squaresOfSums(calls.map { $0.gradient! }, count))
    return shares
  }
}

extension RMSNorm: LinearInParameters {
  func image(of input: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
    layerNorm(input, weight: weight, bias: nil, epsilon: epsilon, centered: false)
  }

  func squaredShares(_ calls: [ProbedLayer], _ count: Int) -> [Double] {
    squaresOfSums(
      calls.map {
        $0.gradient! * layerNorm($0.input!, weight: nil, bias: nil, epsilon: epsilon, centered: false)
      }, count)
  }
}

extension Embedding: LinearInParameters {
  func image(of input: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor { weight.take(rows: input) }

  func squaredShares(_ calls: [ProbedLayer], _ count: Int) -> [Double] {
    let width = weight.shape[1]
    return (0..<count).map { sample in
      // What comes back to the places that name a row is added up.
      var rows: [Float: [Double]] = [:]
      for call in calls {
        let length = call.input!.elementCount / count
        call.input!.withValues { names in
          call.gradient!.withValues { gradient in
            for place in sample * length..<(sample + 1) * length {
              var row = rows.removeValue(forKey: names[place]) ?? Array(repeating: 0, count: width)
              for column in 0..<width { row[column] += Double(gradient[place * width + column]) }
              rows[names[place]] = row
            }
          }
        }
      }
      return rows.values.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } }
    }
  }
}

extension Tensor {
  /// [n, …, width] as [n, places, width].
  fileprivate var places: Tensor {
    reshaped([shape[0], shape.dropFirst().dropLast().reduce(1, *), shape.last!])
  }
}

/// [n, places, width] side by side along the places.
private func stacked(_ parts: [Tensor], _ count: Int) -> Tensor {
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

/// ‖Σₜ gₜ xₜᵀ‖² for each sample, with x [n, places, inputs] and g [n, places, outputs]: from the products of places where these
/// are few, otherwise from the sums themselves, a few samples at a time.
private func squaredSums(_ x: Tensor, _ g: Tensor) -> [Double] {
  let count = x.shape[0], places = x.shape[1], sizes = x.shape[2] * g.shape[2]
  if 2 * places * places <= sizes {
    return rowProducts(matmul(x, x, transposeRight: true), matmul(g, g, transposeRight: true), rows: count)
  }
  let chunk = max(1, (1 << 20) / max(sizes, 1))
  return stride(from: 0, to: count, by: chunk).flatMap { start in
    let end = min(start + chunk, count)
    return rowSquares(matmul(g.slice(start, end), x.slice(start, end), transposeLeft: true), rows: end - start)
  }
}

/// The squared norm of each sample's sum over places and calls, of tensors [n, …, width].
private func squaresOfSums(_ parts: [Tensor], _ count: Int) -> [Double] {
  let sums = parts.map { $0.places.sum(axes: [1]) }
  return rowSquares(sums.dropFirst().reduce(sums[0], +), rows: count)
}
