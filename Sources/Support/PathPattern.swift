/// A pattern over dotted paths: `*` is one component, or part of one, and `**` is any number of components, none included.
package struct PathPattern {
  private let components: [Substring]

  package init(_ pattern: String) { components = pattern.split(separator: ".", omittingEmptySubsequences: true) }

  package func matches(_ path: String) -> Bool {
    matches(components[...], path.split(separator: ".", omittingEmptySubsequences: true)[...])
  }

  private func matches(_ pattern: ArraySlice<Substring>, _ path: ArraySlice<Substring>) -> Bool {
    guard let first = pattern.first else { return path.isEmpty }
    if first == "**" {
      return matches(pattern.dropFirst(), path) || (!path.isEmpty && matches(pattern, path.dropFirst()))
    }
    guard let component = path.first, fits(component[...], first[...]) else { return false }
    return matches(pattern.dropFirst(), path.dropFirst())
  }

  /// Whether a component fits a pattern in which `*` is any text.
  private func fits(_ component: Substring, _ pattern: Substring) -> Bool {
    guard let first = pattern.first else { return component.isEmpty }
    if first == "*" {
      return fits(component, pattern.dropFirst()) || (!component.isEmpty && fits(component.dropFirst(), pattern))
    }
    return component.first == first && fits(component.dropFirst(), pattern.dropFirst())
  }
}
