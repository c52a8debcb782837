import Autodiff

/// Arithmetic, comparisons and masks, element by element.
let elementwiseMappings: [String: ONNXMapping] = [
  "Abs": unary { $0.absolute() },
  "Neg": unary { -$0 },
  "Sign": unary { $0.sign() },
  "Floor": unary { floor($0) },
  "Ceil": unary { ceil($0) },
  "Round": unary { round($0) },
  "Exp": unary { exp($0) },
  "Log": unary { log($0) },
  "Sqrt": unary { $0.squareRoot() },
  "Reciprocal": unary { 1 / $0 },
  "Sin": unary { sin($0) },
  "Cos": unary { cos($0) },
  "Tan": unary { sin($0) / cos($0) },
  "Sinh": unary { x in
    let difference = exp(x) - exp(-x)
    return difference / 2
  },
  "Cosh": unary { x in
    let sum = exp(x) + exp(-x)
    return sum / 2
  },
  "Erf": unary { erf($0) },
  "IsNaN": unary { $0 .!= $0 },
  "Not": unary { 1 - $0 },
  "Add": binary { $0 + $1 },
  "Sub": binary { $0 - $1 },
  "Mul": binary { $0 * $1 },
  "Equal": binary { $0 .== $1 },
  "Less": binary { $0 .< $1 },
  "LessOrEqual": binary { $0 .<= $1 },
  "Greater": binary { $0 .> $1 },
  "GreaterOrEqual": binary { $0 .>= $1 },
  "And": binary { $0 * $1 },
  "Or": binary { maximum($0, $1) },
  "Xor": binary { $0 .!= $1 },
  "Div": { node in
    // A quotient of integers is an integer.
    try node.need(node.isFloat(0), .type)
    return [try node.tensor(0) / node.tensor(1)]
  },
  "Pow": { node in [pow(try node.tensor(0), try node.tensor(1))] },
  "Max": { node in [try folded(node, maximum)] },
  "Min": { node in [try folded(node, minimum)] },
  "Sum": { node in [try folded(node) { $0 + $1 }] },
  "Mean": { node in
    let sum = try folded(node) { $0 + $1 }
    return [sum / Float(node.inputCount)]
  },
  "Where": { node in [Tensor.where(try node.tensor(0), try node.tensor(1), try node.tensor(2))] },
  "Clip": { node in
    var x = try node.tensor(0)
    let least = try node.tensorIfAny(1)?.value, most = try node.tensorIfAny(2)?.value
    if let least, let most, least <= most { return [x.clamped(to: least...most)] }
    // Where the limits cross, the upper one counts.
    if let least { x = x.clamped(to: least...) }
    if let most { x = x.clamped(to: ...most) }
    return [x]
  },
  "IsInf": { node in
    let x = try node.tensor(0)
    let above = Float(node.integer("detect_positive", 1)), below = Float(node.integer("detect_negative", 1))
    let isAbove = x .== Float.infinity, isBelow = x .== -Float.infinity
    return [isAbove * above + isBelow * below]
  },
  "Identity": { node in [try node.tensor(0).identity()] },
  "Cast": { node in
    _ = node.integer("saturate", 1)
    let precisions: [Int: Precision] = [1: .float32, 10: .float16, 16: .bfloat16]
    guard let precision = precisions[node.integer("to", 1)], node.isFloat(0) else { throw LeftOut.type }
    return [try node.tensor(0).cast(to: precision)]
  },
  "CastLike": { node in
    _ = node.integer("saturate", 1)
    let precision = try node.tensor(1).precision
    try node.need(node.isFloat(0) && node.isFloat(1) && node.type(1) != "float64", .type)
    return [try node.tensor(0).cast(to: precision)]
  },
]

/// An operator of one input without options.
func unary(_ operation: @escaping @Sendable (Tensor) -> Tensor) -> ONNXMapping { { [operation(try $0.tensor(0))] } }

private func binary(_ operation: @escaping @Sendable (Tensor, Tensor) -> Tensor) -> ONNXMapping {
  { [operation(try $0.tensor(0), try $0.tensor(1))] }
}

/// Any number of inputs, combined from the first to the last.
private func folded(_ node: ONNXNode, _ combine: (Tensor, Tensor) -> Tensor) throws -> Tensor {
  let tensors = try node.tensors()
  return tensors.dropFirst().reduce(tensors[0].identity(), combine)
}
