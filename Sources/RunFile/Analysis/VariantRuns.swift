/// The runs of one variant of an experiment, which differ in their seed, or something made of each; or one run that belongs to no experiment.
package struct VariantRuns<Item> {
  /// A name that no other variant of the list has.
  package let name: String
  /// In the order of the list; at least one.
  package let items: [Item]

  /// Items by the variants of their runs, in the order of the first of each. Two runs with one seed are not of one group.
  ///
  /// The name is that of the variant; where two groups have it, with the experiment, and where that is not enough, with the path.
  package static func all(_ items: [Item], run: (Item) -> Run) -> [VariantRuns] {
    var groups: [[Item]] = []
    for item in items {
      let new = run(item)
      let index = groups.firstIndex { group in
        let first = run(group[0])
        return new.experiment != nil && new.variant != nil && new.experiment == first.experiment
          && new.variant == first.variant && !group.contains { run($0).seed == new.seed }
      }
      if let index { groups[index].append(item) } else { groups.append([item]) }
    }
    let runs = groups.map { run($0[0]) }
    var names = runs.map { $0.variant ?? $0.path }
    for longer in [
      { [$0.experiment, $0.variant].compactMap { $0 }.joined(separator: " · ") },
      { "\($0.variant ?? "run") (\($0.path))" },
    ] as [(Run) -> String] {
      names = names.indices.map { index in
        names.count { $0 == names[index] } == 1 ? names[index] : longer(runs[index])
      }
    }
    return zip(names, groups).map { VariantRuns(name: $0, items: $1) }
  }
}
