import Foundation

/// The labels of layers along an axis, short enough to read: without the beginning that most paths share, and by block where there
/// are many.
///
/// `model.layers.17.self_attn.q_proj` is `17 · self_attn.q_proj` under the title "layer, in model.layers", and one of the rows of
/// block `17` in a net of a thousand layers.
struct LayerNames {
  private(set) var labels: [String]
  private(set) var title = "layer"

  /// The number of characters up to which paths stay as they are, the number of rows up to which each has its own name, and the number
  /// of characters up to which a common beginning stays.
  private static let shortPath = 16, fewRows = 60, shortPrefix = 8

  init(_ paths: [String]) {
    labels = paths
    guard paths.count > 1, paths.contains(where: { $0.count > Self.shortPath }) else { return }
    let parts = paths.map { $0.split(separator: ".", omittingEmptySubsequences: false).map(String.init) }
    let prefix = Self.prefix(of: parts)
    let shortened = parts.map { path -> [String]? in
      path.count > prefix.count && path.starts(with: prefix) ? Array(path.dropFirst(prefix.count)) : nil
    }
    let name = prefix.joined(separator: ".")
    let blocks = shortened.map { path in path?.first.flatMap { Int($0) == nil ? nil : $0 } }
    let sizes = Dictionary(grouping: blocks.compactMap { $0 }) { $0 }.mapValues(\.count)
    if paths.count > Self.fewRows, let most = sizes.values.max(), most > 1,
      2 * blocks.count(where: { $0 != nil }) > paths.count
    {
      labels = zip(blocks, paths).map { $0 ?? $1 }
      title = name.isEmpty ? "block" : "block of \(name)"
      return
    }
    // Without a short beginning labels say less and are hardly shorter.
    guard name.count > Self.shortPrefix else { return }
    title = "layer, in \(name)"
    labels = zip(shortened, paths).map { parts, path in
      guard let parts else { return path }
      let isNumbered = parts.count > 1 && Int(parts[0]) != nil
      return isNumbered ? "\(parts[0]) · \(parts.dropFirst().joined(separator: "."))" : parts.joined(separator: ".")
    }
  }

  /// The longest beginning, in components, that at least nine tenths of the paths share.
  private static func prefix(of paths: [[String]]) -> [String] {
    var prefix: [String] = []
    while true {
      let next = paths.filter { $0.count > prefix.count + 1 && $0.starts(with: prefix) }.map { $0[prefix.count] }
      let counts = Dictionary(grouping: next) { $0 }.mapValues(\.count)
      guard let (name, count) = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
        10 * count >= 9 * paths.count
      else { return prefix }
      prefix.append(name)
    }
  }
}
