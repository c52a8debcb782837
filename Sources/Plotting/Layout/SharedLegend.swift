extension Figure {
  /// The figure with one legend above all panels for what the legends and labels of several panels share, where panels are too narrow for
  /// labels beside the plot. The second lines of such labels are left out.
  func sharingLegends(panelWidth: Double) -> Figure {
    guard panels.count > 1, panelWidth < 260 else { return self }
    var entries: [LegendEntry] = [], counts: [Key: Int] = [:]
    for panel in panels {
      var seen = Set<Key>()
      for entry in panel.legend + panel.directLabels.map(\.legendEntry) where seen.insert(Key(entry)).inserted {
        let key = Key(entry)
        counts[key, default: 0] += 1
        if counts[key] == 1 { entries.append(entry) }
      }
    }
    let shared = entries.filter { counts[Key($0)]! > 1 }
    guard !shared.isEmpty else { return self }
    var figure = self
    figure.legend += shared
    let keys = Set(shared.map(Key.init))
    for index in panels.indices {
      figure.panels[index].legend.removeAll { keys.contains(Key($0)) }
      figure.panels[index].directLabels.removeAll { keys.contains(Key($0.legendEntry)) }
    }
    return figure
  }

  /// What makes two entries the same: one panel may have dots on a line, another not.
  private struct Key: Hashable {
    let text: String
    let color: ColorRole

    init(_ entry: LegendEntry) { (text, color) = (entry.text, entry.color) }
  }
}

extension DirectLabel {
  /// The label in a legend, without its second line.
  var legendEntry: LegendEntry { LegendEntry(text, color: color, sample: sample) }
}
