/// The first names in quotation marks, and how many more there are: “a”, “b”, “c” and 4 more.
package func listed(_ names: [String], first count: Int = 3) -> String {
  let more = names.count > count ? " and \(names.count - count) more" : ""
  return names.prefix(count).map { "“\($0)”" }.joined(separator: ", ") + more
}

/// A count with its noun: "1 layer", "3 layers"; `plural` is for nouns that do not end in s.
package func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
  "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
}
