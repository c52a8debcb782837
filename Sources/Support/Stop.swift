/// Stops the program over an error in it: the operation, where it ran, and what is wrong. The message survives release builds.
package func stop(_ operation: String, _ problem: String, in place: String? = nil) -> Never {
  fatalError("\(operation)\(place.map { " in \($0)" } ?? ""): \(problem)")
}
