import Autodiff
import Foundation
import NeuralNetworks
import TestSupport

/// Layers that scale, gate or leave out parts of their input or weight.
let gateCases: [LayerCase] = [
  LayerCase("PReLU", [[1, 5], [4, 1], [2, 3, 7]], inputs: awayFromZero, { PReLU() }) { x, n in
    .broadcast(x, n[0]) { $0 > 0 ? $0 : $1 * $0 }
  },
  LayerCase("PReLU per channel", [[1, 5], [2, 3, 5]], inputs: awayFromZero, { PReLU(channels: 5, slope: 0.1) }) {
    x, n in
    .broadcast(x, n[0]) { $0 > 0 ? $0 : $1 * $0 }
  },
  LayerCase("GLU", [[1, 2], [3, 8], [2, 3, 6]], { GLU() }) { x, _ in
    let width = x.shape.last! / 2
    return Float64Array(x.shape.dropLast() + [width]) { i in
      x[i] * ActivationFormulas.sigmoid(x[i.dropLast() + [i.last! + width]])
    }
  },
  LayerCase("SwiGLU", [[1, 4], [2, 3, 4]], { SwiGLU(4, hidden: 7) }) { x, n in
    (x.linear(n[0]).map(ActivationFormulas.silu) * x.linear(n[1])).linear(n[2])
  },
  LayerCase("SwiGLU with biases", [[3, 1]], { SwiGLU(1, hidden: 2, bias: true) }) { x, n in
    (x.linear(n[0], n[1]).map(ActivationFormulas.silu) * x.linear(n[2], n[3])).linear(n[4], n[5])
  },
  LayerCase("StochasticDepth", [[4, 1], [9, 5], [6, 3, 2]], { StochasticDepth(0.4) }) { x, _ in
    // The factors of a layer that is initialized with the same seed.
    let twin = StochasticDepth(0.4)
    twin.initialize(seed: LayerCase.seed)
    return x * Float64Array(twin(Tensor(repeating: 1, shape: Shape(x.shape))))
  },
  LayerCase("StochasticDepth, evaluated", [[3, 5]], evaluated: true, { StochasticDepth(0.4) }) { x, _ in x },
  spectral("SpectralNorm", [[1, 5], [4, 5]], { SpectralNorm(Linear(5, 3)) }) { x, n in x.linear(n[0], n[1]) },
  spectral("SpectralNorm of width 1", [[3, 1]], { SpectralNorm(Linear(1, 1, bias: false)) }) { x, n in x.linear(n[0]) },
  spectral("SpectralNorm of Conv2d", [[1, 3, 3, 2]], { SpectralNorm(Conv2d(2, 5, kernelSize: 2)) }) { x, n in
    x.convolved(n[0], n[1])
  },
  spectral("SpectralNorm of ConvTranspose2d", [[1, 2, 3, 2]], isTransposed: true) {
    SpectralNorm(ConvTranspose2d(2, 3, kernelSize: 2))
  } formula: { x, n in
    x.convolvedTransposed(n[0], n[1], WindowFormula([2, 2]))
  },
]

private let awayFromZero: @Sendable (Shape) -> [Float] = { shape in
  sampleValues(shape.elementCount, seed: 9).map { $0 + ($0 < 0 ? -0.15 : 0.15) }
}

/// In evaluation mode, where u and v are constants: the weight is divided by uᵀ W v.
private func spectral(
  _ name: String, _ shapes: [Shape], isTransposed: Bool = false, _ make: @escaping @Sendable () -> SpectralNorm,
  formula: @escaping @Sendable (Float64Array, [Float64Array]) -> Float64Array
) -> LayerCase {
  LayerCase(name, shapes, evaluated: true, make) { x, n in
    let u = n[n.count - 2], v = n[n.count - 1], weight = n[0]
    let turned = isTransposed ? weight.transposed([1, 0] + Array(2..<weight.shape.count)) : weight
    let matrix = Float64Array([u.values.count, v.values.count], turned.values)
    let norm = Float64Array.indices(matrix.shape).reduce(0) { $0 + u.values[$1[0]] * matrix[$1] * v.values[$1[1]] }
    return formula(x, [weight.map { $0 / norm }] + n.dropFirst())
  }
}
