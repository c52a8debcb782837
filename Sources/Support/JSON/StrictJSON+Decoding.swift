import Foundation

extension JSONDecoder {
  /// Decodes a value from a text that `StrictJSON` accepts. Throws a `JSONError` with the position of what is missing or of another
  /// kind than the type needs.
  package func decodeStrictly<Value: Decodable>(_ type: Value.Type, from data: Data) throws(JSONError) -> Value {
    let root = try StrictJSON(data).root
    do {
      return try decode(type, from: data)
    } catch let error as DecodingError {
      throw root.mismatch(error)
    } catch {
      throw root.mismatch("\(type)")
    }
  }
}

extension JSONValue {
  /// A decoder's error, at the innermost value that its path leads to.
  fileprivate func mismatch(_ error: DecodingError) -> JSONError {
    switch error {
    case .keyNotFound(let key, let context):
      let object = value(at: context.codingPath)
      return JSONError(
        position: object.position, found: "an object without “\(key.stringValue)”",
        expected: "the key “\(key.stringValue)”")
    case .typeMismatch(let type, let context): return value(at: context.codingPath).mismatch(words(for: type))
    case .valueNotFound(let type, let context): return value(at: context.codingPath).mismatch(words(for: type))
    case .dataCorrupted(let context): return value(at: context.codingPath).mismatch("another value")
    @unknown default: return mismatch("another value")
    }
  }

  private func value(at path: [any CodingKey]) -> JSONValue {
    path.reduce(self) { value, key in
      switch value.content {
      case .object(let members): members.first { $0.name == key.stringValue }?.value ?? value
      case .array(let elements): key.intValue.flatMap { elements.indices.contains($0) ? elements[$0] : nil } ?? value
      default: value
      }
    }
  }
}

private func words(for type: any Any.Type) -> String {
  switch type {
  case is String.Type: "a string"
  case is Bool.Type: "true or false"
  case is any BinaryInteger.Type: "a whole number"
  case is any FloatingPoint.Type: "a number"
  case is any Collection.Type: "\(type)".hasPrefix("Dictionary") ? "an object" : "an array"
  default: "an object"
  }
}
