import Autodiff
import NeuralNetworks

/// Normalizations.
let normalizationMappings: [String: ONNXMapping] = [
  "BatchNormalization": { node in
    let x = try node.tensor(0), epsilon = node.float("epsilon", 1e-5), momentum = node.float("momentum", 0.9)
    let layer = BatchNorm(x.shape[1], epsilon: epsilon)
    layer.weight.set(try node.tensor(1))
    layer.bias.set(try node.tensor(2))
    let mean = try node.tensor(3), variance = try node.tensor(4)
    guard node.integer("training_mode", 0) == 1 else {
      layer.runningMean.set(mean)
      layer.runningVariance.set(variance)
      layer.evaluate()
      return [channelsFirst(layer(channelsLast(x)))]
    }
    // ONNX's running variance is that of the batch; the layer's is the unbiased one.
    let moments = batchNorm(channelsLast(x), weight: nil, bias: nil, epsilon: epsilon).moments
    let newMean = mean * momentum + moments.mean * (1 - momentum)
    let newVariance = variance * momentum + moments.variance * (1 - momentum)
    return [channelsFirst(layer(channelsLast(x))), newMean, newVariance]
  },
  "MeanVarianceNormalization": { node in
    try node.need(!node.has("axes"))
    return [channelsFirst(batchNorm(channelsLast(try node.tensor(0)), weight: nil, bias: nil, epsilon: 0).output)]
  },
  "LayerNormalization": { node in
    let (x, rows, epsilon) = try normalizedRows(node)
    let weight = try node.tensor(1).reshaped([rows.shape[1]])
    let bias = try node.tensorIfAny(2)?.reshaped([rows.shape[1]])
    _ = node.integer("stash_type", 1)
    let y = layerNorm(rows, weight: weight, bias: bias, epsilon: epsilon, centered: true).reshaped(x.shape)
    let axis = fromFront(node.integer("axis", -1), x)
    let single = Shape(x.shape.prefix(axis) + x.shape.dropFirst(axis).map { _ in 1 })
    let mean = rows.mean(axes: [1], keepingDimensions: true)
    let variance = (rows - mean).squared().mean(axes: [1])
    return [y, mean.reshaped(single), (1 / (variance + epsilon).squareRoot()).reshaped(single)]
  },
  "RMSNormalization": { node in
    let (x, rows, epsilon) = try normalizedRows(node)
    let weight = try node.tensor(1).reshaped([rows.shape[1]])
    _ = node.integer("stash_type", 1)
    return [layerNorm(rows, weight: weight, bias: nil, epsilon: epsilon, centered: false).reshaped(x.shape)]
  },
  "InstanceNormalization": { node in
    let x = try node.tensor(0)
    return [try normalizedGroups(node, x, groups: x.shape[1])]
  },
  "GroupNormalization": { node in
    _ = node.integer("stash_type", 1)
    return [try normalizedGroups(node, node.tensor(0), groups: node.integer("num_groups", 1))]
  },
]

/// The input, the input with the dimensions before the axis as rows and the others as columns, and ε.
private func normalizedRows(_ node: ONNXNode) throws -> (x: Tensor, rows: Tensor, epsilon: Float) {
  let x = try node.tensor(0), axis = fromFront(node.integer("axis", -1), x)
  let rows = x.reshaped([x.shape.prefix(axis).reduce(1, *), x.shape.dropFirst(axis).reduce(1, *)])
  return (x, rows, node.float("epsilon", 1e-5))
}

/// x normalized over groups of its channels, then weighted per channel.
private func normalizedGroups(_ node: ONNXNode, _ x: Tensor, groups: Int) throws -> Tensor {
  let layer = GroupNorm(groups, x.shape[1], epsilon: node.float("epsilon", 1e-5))
  layer.weight.set(try node.tensor(1))
  layer.bias.set(try node.tensor(2))
  return channelsFirst(layer(channelsLast(x)))
}
