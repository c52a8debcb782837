import Autodiff
import Foundation
import TestSupport

/// One of ONNX's node tests, as `export.py` writes it: a node's operator and attributes, its inputs, and the outputs that are right.
struct ONNXCase: Decodable, Sendable {
  let name, `operator`: String
  let attributes: [String: Attribute]
  /// nil for those that the node leaves out.
  let inputs, outputs: [Numbers?]

  struct Numbers: Decodable, Sendable {
    /// NumPy's name of the type.
    let type: String
    let shape: [Int]
    let floats: Data?
    let integers: [Int]?

    var isFloat: Bool { floats != nil }

    /// The numbers in Float32. Throws if an integer does not fit.
    func values() throws -> [Float] {
      if let floats {
        return floats.withUnsafeBytes { bytes in
          (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
      }
      return try integers!.map { integer in
        guard abs(integer) <= 1 << 24 else { throw LeftOut.type }
        return Float(integer)
      }
    }

    /// The tensor in its precision; what is no 16-bit float is in Float32.
    func tensor() throws -> Tensor {
      let tensor = Tensor(try values(), shape: Shape(shape))
      switch type {
      case "float16": return tensor.cast(to: .float16)
      case "bfloat16": return tensor.cast(to: .bfloat16)
      default: return tensor
      }
    }
  }

  enum Attribute: Decodable, Sendable {
    case numbers([Double])
    case text(String)
    case texts([String])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self = .text(text)
      } else if let number = try? container.decode(Double.self) {
        self = .numbers([number])
      } else if let numbers = try? container.decode([Double].self) {
        self = .numbers(numbers)
      } else {
        self = .texts(try container.decode([String].self))
      }
    }
  }
}

/// Why a case is not run.
enum LeftOut: String, Error, Decodable, CaseIterable {
  /// No expression of a few public operations gives what the operator does.
  case `operator`
  /// Strings, sequences, quantized and 8-bit floats, integer arithmetic, and integers beyond ±2²⁴.
  case type
  /// Graphs within the node.
  case controlFlow = "control flow"
  /// More than 20,000 numbers.
  case size
  /// The operation is there, but not with this option.
  case option
}

/// A case that was exported without its numbers.
struct ONNXCaseLeftOut: Decodable, Sendable {
  let name, `operator`: String
  let reason: LeftOut
}

/// All cases, in the order of their files' names.
struct ONNXCases: Sendable {
  let run: [ONNXCase]
  let leftOut: [ONNXCaseLeftOut]

  init() throws {
    let folder = "OperationSuites/ONNX/Cases"
    let files = try FileManager.default.contentsOfDirectory(atPath: "\(repositoryRoot)/Tests/\(folder)")
    run = try files.filter { $0 != "left-out.json" }.sorted().flatMap { file in
      try reference("\(folder)/\(file)", as: [ONNXCase].self)
    }
    leftOut = try reference("\(folder)/left-out.json")
  }
}
