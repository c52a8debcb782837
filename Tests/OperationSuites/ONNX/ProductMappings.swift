import Autodiff

/// Products of matrices.
let productMappings: [String: ONNXMapping] = [
  "MatMul": { node in
    var left = try node.tensor(0), right = try node.tensor(1)
    let isRow = left.shape.count == 1, isColumn = right.shape.count == 1
    if isRow { left = left.reshaped(Shape([1] + left.shape)) }
    if isColumn { right = right.reshaped(Shape(right.shape + [1])) }
    // The project multiplies equally high stacks.
    let stack = broadcast(Array(left.shape.dropLast(2)), Array(right.shape.dropLast(2)))
    left = left.broadcast(to: Shape(stack + left.shape.suffix(2)))
    right = right.broadcast(to: Shape(stack + right.shape.suffix(2)))
    let product = matmul(left, right)
    let rows = isRow ? [] : [product.shape[stack.count]], columns = isColumn ? [] : [product.shape[stack.count + 1]]
    return [product.reshaped(Shape(stack + rows + columns))]
  },
  "Gemm": { node in
    let a = try node.tensor(0), b = try node.tensor(1)
    let isFlipped = (node.integer("transA", 0) == 1, node.integer("transB", 0) == 1)
    let product = matmul(a, b, transposeLeft: isFlipped.0, transposeRight: isFlipped.1) * node.float("alpha", 1)
    guard let c = try node.tensorIfAny(2) else { return [product] }
    return [product + c * node.float("beta", 1)]
  },
  "Einsum": { node in
    let equation = node.text("equation", "")
    // The project's has two operands.
    try node.need(node.inputCount == 2 && !equation.contains("."))
    return [einsum(equation, try node.tensor(0), try node.tensor(1))]
  },
]

/// The sizes that two lists of sizes broadcast to.
private func broadcast(_ left: [Int], _ right: [Int]) -> [Int] {
  let rank = max(left.count, right.count)
  func filled(_ sizes: [Int]) -> [Int] { Array(repeating: 1, count: rank - sizes.count) + sizes }
  return zip(filled(left), filled(right)).map { max($0, $1) }
}
