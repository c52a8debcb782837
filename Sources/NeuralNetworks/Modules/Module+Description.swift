extension Module {
  /// The tree of modules, each with its details, its parameters and the number of parameter elements.
  public var description: String {
    var lines: [String] = []
    // Ends, as all walks over modules do, because `modules` stops at a cycle.
    func describe(_ module: Module, _ name: String, _ indent: String, _ childIndent: String) {
      let own = module.reflection.parameters.map { "\($0.name) \($0.parameter.shape)" }.joined(separator: ", ")
      let count = module.parameterCount
      let parts = [module.details, own, count > 0 ? "\(grouped(count)) parameters" : ""].filter { !$0.isEmpty }
      let title = name.isEmpty ? module.kind : "\(name): \(module.kind)"
      lines.append(indent + title + (parts.isEmpty ? "" : "  " + parts.joined(separator: " · ")))
      let children = module.reflection.children
      for (index, child) in children.enumerated() {
        let last = index == children.count - 1
        describe(child.module, child.name, childIndent + (last ? "└ " : "├ "), childIndent + (last ? "  " : "│ "))
      }
    }
    describe(self, "", "", "")
    return lines.joined(separator: "\n")
  }
}

/// 1234567 as 1,234,567.
private func grouped(_ number: Int) -> String {
  let digits = Array(String(number))
  return digits.enumerated().map { index, digit in
    (index > 0 && (digits.count - index).isMultiple(of: 3) ? "," : "") + String(digit)
  }.joined()
}
