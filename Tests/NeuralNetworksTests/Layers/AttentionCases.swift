import Autodiff
import Foundation
import NeuralNetworks
import TestSupport

/// A call of an attention that takes more than one input; they follow from one.
final class AttentionCall: Module {
  let attention: MultiHeadAttention
  private let call: (MultiHeadAttention, Tensor) -> Tensor

  init(_ attention: MultiHeadAttention, _ call: @escaping (MultiHeadAttention, Tensor) -> Tensor) {
    (self.attention, self.call) = (attention, call)
  }

  override func forward(_ x: Tensor) -> Tensor { call(attention, x) }
}

/// A call of an attention under a mask.
func masked(_ attention: MultiHeadAttention, _ mask: AttentionMask) -> Module {
  AttentionCall(attention) { $0($1, mask: mask) }
}

/// The second query may attend to nothing.
let allowedKeys: [[Float]] = [[1, 0, 1], [0, 0, 0], [1, 1, 1]]
let addedScores: [[Float]] = [[0.5, -1.25, -.infinity], [2, 0, -0.75], [-.infinity, 1.5, 0.25]]

func matrix(_ rows: [[Float]]) -> Tensor { Tensor(Array(rows.joined()), shape: [rows.count, rows[0].count]) }

/// Attention under masks, to other inputs, with grouped queries, normalized and turned heads.
let attentionCases: [LayerCase] = [
  LayerCase("attention under a mask", [[1, 3, 4], [2, 3, 4]]) {
    masked(MultiHeadAttention(4, heads: 2), AttentionMask(allowed: matrix(allowedKeys)))
  } formula: { x, n in
    x.attended(n, heads: 2, score: { allowedKeys[$1[2]][$1[3]] == 0 ? -.infinity : $0 })
  },
  LayerCase("attention with a bias", [[1, 3, 4]]) {
    masked(MultiHeadAttention(4, heads: 2), AttentionMask(added: matrix(addedScores)))
  } formula: { x, n in
    x.attended(n, heads: 2, score: { score($0, addedScores[$1[2]][$1[3]]) })
  },
  LayerCase("attention with all masks", [[2, 3, 4]]) {
    AttentionCall(MultiHeadAttention(4, heads: 2, isCausal: true)) {
      let lengths = Array([3, 2].prefix($1.shape[0]))
      return $0(
        $1, mask: AttentionMask(allowed: matrix(allowedKeys), added: matrix(addedScores), keyLengths: lengths))
    }
  } formula: { x, n in
    x.attended(
      n, heads: 2,
      score: { product, i in
        let lengths = [3, 2]
        let isSeen = allowedKeys[i[2]][i[3]] != 0 && i[3] <= i[2] && i[3] < lengths[i[0]]
        return isSeen ? score(product, addedScores[i[2]][i[3]]) : -.infinity
      })
  },
  // The second sequence is padding alone.
  LayerCase("attention with key lengths", [[2, 4, 4]]) {
    AttentionCall(MultiHeadAttention(4, heads: 1)) {
      $0($1, mask: AttentionMask(keyLengths: Array([3, 0].prefix($1.shape[0]))))
    }
  } formula: { x, n in
    x.attended(n, heads: 1, score: { $1[3] < [3, 0][$1[0]] ? $0 : -.infinity })
  },
  LayerCase("cross-attention", [[1, 5, 4], [2, 5, 4]]) {
    AttentionCall(MultiHeadAttention(4, heads: 2, contextWidth: 3)) { $0($1.sliced(1, 0..<2), $1.sliced(2, 0..<3)) }
  } formula: { x, n in
    x.part(1, 0..<2).attended(n, heads: 2, to: x.part(2, 0..<3))
  },
  LayerCase("MultiHeadAttention, grouped queries", [[1, 3, 8], [2, 2, 8]]) {
    MultiHeadAttention(8, heads: 4, isCausal: true, keyValueHeads: 2)
  } formula: { x, n in
    x.attended(n, heads: 4, keyValueHeads: 2, isCausal: true)
  },
  LayerCase("MultiHeadAttention, one head of keys", [[2, 3, 6]], { MultiHeadAttention(6, heads: 3, keyValueHeads: 1) })
  {
    x, n in
    x.attended(n, heads: 3, keyValueHeads: 1)
  },
  LayerCase("MultiHeadAttention, RMS norm", [[1, 3, 6]], { MultiHeadAttention(6, heads: 2, headNorm: .rms) }) { x, n in
    x.attended(n, heads: 2) { x, isKey in
      x.normalized(over: [3], epsilon: .ulpOfOne, centered: false) * n[isKey ? 9 : 8]
    }
  },
  LayerCase("MultiHeadAttention, layer norm", [[2, 2, 6]]) {
    MultiHeadAttention(6, heads: 2, headNorm: .layer)
  } formula: { x, n in
    x.attended(n, heads: 2) { x, isKey in
      x.normalized(over: [3], epsilon: 1e-5) * n[isKey ? 10 : 8] + n[isKey ? 11 : 9]
    }
  },
  LayerCase("MultiHeadAttention, rotary", [[1, 3, 8]]) {
    MultiHeadAttention(8, heads: 2, keyValueHeads: 1, headNorm: .rms, rotary: RotaryEmbedding(4, pairing: .interleaved))
  } formula: { x, n in
    x.attended(n, heads: 2, keyValueHeads: 1) { x, isKey in
      let normal = x.normalized(over: [3], epsilon: .ulpOfOne, centered: false) * n[isKey ? 9 : 8]
      return normal.transposed([0, 2, 1, 3]).turnedByPosition(4, isInterleaved: true).transposed([0, 2, 1, 3])
    }
  },
  LayerCase("TransformerBlock under a mask", [[2, 3, 4]]) {
    MaskedBlock()
  } formula: { x, n in
    func norm(_ x: Float64Array, _ first: Int) -> Float64Array {
      x.normalized(over: [2], epsilon: 1e-5) * n[first] + n[first + 1]
    }
    let attended =
      x + norm(x, 8).attended(Array(n[..<8]), heads: 2, score: { $1[3] < [3, 1][$1[0]] ? $0 : -.infinity })
    return attended + norm(attended, 14).linear(n[10], n[11]).map(ActivationFormulas.gelu).linear(n[12], n[13])
  },
  LayerCase("RotaryEmbedding", [[1, 1, 6], [2, 3, 6], [1, 2, 3, 6]], { RotaryEmbedding(6) }) { x, _ in
    x.turnedByPosition(6, isInterleaved: false)
  },
  LayerCase("RotaryEmbedding, interleaved", [[5, 6]]) {
    RotaryEmbedding(4, base: 100, pairing: .interleaved, offset: 3)
  } formula: { x, _ in
    x.turnedByPosition(4, base: 100, offset: 3, isInterleaved: true)
  },
]

private func score(_ product: Double, _ added: Float) -> Double {
  // A product of NaN is shut out too.
  added == -.infinity ? -.infinity : product + Double(added)
}

private final class MaskedBlock: Module {
  let block = TransformerBlock(4, heads: 2, hidden: 5)

  override func forward(_ x: Tensor) -> Tensor {
    block(x, mask: AttentionMask(keyLengths: Array([3, 1].prefix(x.shape[0]))))
  }
}

extension Float64Array {
  fileprivate func part(_ axis: Int, _ range: Range<Int>) -> Float64Array {
    var size = shape
    size[axis] = range.count
    return Float64Array(size) { index in
      var index = index
      index[axis] += range.lowerBound
      return self[index]
    }
  }

  fileprivate func turnedByPosition(
    _ width: Int, base: Double = 10_000, offset: Int = 0, isInterleaved: Bool
  ) -> Float64Array {
    let angles = Float64Array([shape[shape.count - 2], width / 2]) { i in
      Double(i[0] + offset) / Foundation.pow(base, 2 * Double(i[1]) / Double(width))
    }
    return turned(angles.map { Foundation.cos($0) }, angles.map { Foundation.sin($0) }, isInterleaved: isInterleaved)
  }
}
