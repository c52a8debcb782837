import Autodiff

/// A case's node while a mapping reads it. What the mapping leaves unread is an error, so that no option is ignored silently.
final class ONNXNode {
  let name: String
  /// How many outputs the node has.
  let outputs: Int
  private let attributes: [String: ONNXCase.Attribute]
  private let inputs: [ONNXCase.Numbers?]
  private(set) var unread: Set<String>

  init(_ given: ONNXCase) {
    (name, attributes, inputs, outputs) = (given.operator, given.attributes, given.inputs, given.outputs.count)
    unread = Set(attributes.keys)
    for (index, input) in inputs.enumerated() where input != nil { unread.insert("input \(index)") }
  }

  /// Leaves the case out unless an option is one that the project's operation has.
  func need(_ isThere: Bool, _ reason: LeftOut = .option) throws {
    if !isThere { throw reason }
  }

  // Inputs.

  var inputCount: Int { inputs.count }
  func has(_ index: Int) -> Bool { input(index) != nil }
  func isFloat(_ index: Int) -> Bool { input(index)!.isFloat }
  func type(_ index: Int) -> String { input(index)!.type }

  func tensor(_ index: Int) throws -> Tensor { try read(index)!.tensor() }
  func tensorIfAny(_ index: Int) throws -> Tensor? { try read(index)?.tensor() }
  func tensors() throws -> [Tensor] { try inputs.indices.map(tensor) }

  /// The integers of an input, of floats too that are whole; nil if it is left out.
  func integersIfAny(_ index: Int) throws -> [Int]? {
    guard let numbers = read(index) else { return nil }
    return try numbers.integers ?? numbers.values().map { Int($0) }
  }

  func integers(_ index: Int) throws -> [Int] { try integersIfAny(index)! }

  /// The indices in an input, those below 0 counted from the end of a dimension of this size.
  func indices(_ index: Int, along size: Int) throws -> Indices {
    let shape = input(index)!.shape
    return Indices(try integers(index).map { $0 < 0 ? $0 + size : $0 }, shape: Shape(shape))
  }

  /// The class numbers in an input, those below 0 as they are.
  func labels(_ index: Int) throws -> Indices { try indices(index, along: 0) }

  private func input(_ index: Int) -> ONNXCase.Numbers? { inputs.indices.contains(index) ? inputs[index] : nil }

  private func read(_ index: Int) -> ONNXCase.Numbers? {
    unread.remove("input \(index)")
    return input(index)
  }

  // Attributes.

  func integer(_ name: String, _ otherwise: Int) -> Int { numbers(name).map { Int($0[0]) } ?? otherwise }
  func float(_ name: String, _ otherwise: Float) -> Float { numbers(name).map { Float($0[0]) } ?? otherwise }
  func integers(_ name: String) -> [Int]? { numbers(name)?.map { Int($0) } }

  func text(_ name: String, _ otherwise: String) -> String {
    guard case .text(let text) = read(name) else { return otherwise }
    return text
  }

  /// Whether an attribute is given.
  func has(_ name: String) -> Bool { attributes[name] != nil }

  private func numbers(_ name: String) -> [Double]? {
    guard case .numbers(let numbers) = read(name) else { return nil }
    return numbers
  }

  private func read(_ name: String) -> ONNXCase.Attribute? {
    unread.remove(name)
    return attributes[name]
  }
}

/// What an operator does, in the project's operations: the node's outputs, or fewer where the last ones aren't compared.
typealias ONNXMapping = @Sendable (ONNXNode) throws -> [Tensor]

/// The operators with their mappings.
let onnxMappings: [String: ONNXMapping] = [
  elementwiseMappings, activationMappings, reductionMappings, shapingMappings, indexingMappings, productMappings,
  imageMappings, normalizationMappings, lossMappings, recurrentMappings, attentionMappings,
].reduce(into: [:]) { all, some in all.merge(some) { _, _ in fatalError("an operator has two mappings") } }
