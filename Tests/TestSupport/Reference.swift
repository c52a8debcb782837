import Foundation

/// The values of a reference file in JSON, by its path in the folder Tests. Throws if it can't be read.
public func reference<Values: Decodable>(_ path: String, as type: Values.Type = Values.self) throws -> Values {
  try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: "\(repositoryRoot)/Tests/\(path)")))
}
