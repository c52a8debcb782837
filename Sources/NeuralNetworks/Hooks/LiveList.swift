/// A list in order whose elements are removed by a mark of their own.
///
/// Removed elements are dropped together, when half of the list is removed or when it is read. So attaching and removing n hooks takes
/// time in proportion to n, in any order.
struct LiveList<Element> {
  private var elements: [Element] = []
  private var removedCount = 0
  private let isLive: (Element) -> Bool

  /// An empty list whose elements are removed once `isLive` is false for them.
  init(where isLive: @escaping (Element) -> Bool) { self.isLive = isLive }

  /// Whether all elements have been removed, each with a call of `noteRemoval`.
  var isEmpty: Bool { elements.isEmpty }

  /// The elements that have not been removed.
  var all: [Element] {
    mutating get {
      if removedCount > 0 { dropRemoved() }
      return elements
    }
  }

  /// Adds an element after all others, or before them.
  mutating func append(_ element: Element, first: Bool = false) {
    if first { elements.insert(element, at: 0) } else { elements.append(element) }
  }

  mutating func append(contentsOf other: [Element]) { elements += other }

  /// Called after the mark of an element has changed.
  mutating func noteRemoval() {
    removedCount += 1
    if 2 * removedCount >= elements.count { dropRemoved() }
  }

  mutating func dropRemoved() {
    elements.removeAll { !isLive($0) }
    removedCount = 0
  }
}
