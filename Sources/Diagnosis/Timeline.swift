/// Orders findings by which fault came first, and tells causes from what follows from them.
struct Timeline {
  /// Causes first, each followed by what follows from it.
  let findings: [Finding]

  /// `standingAlone` are the rules whose findings follow from no other.
  init(_ found: [(stage: RuleStage, finding: Finding)], standingAlone: Set<String> = []) {
    // The same order for any order of rules but that of equals.
    let ordered = found.enumerated().sorted { a, b in
      let (left, right) = (a.element, b.element)
      if (left.finding.severity == .note) != (right.finding.severity == .note) {
        return right.finding.severity == .note
      }
      if left.stage != right.stage { return left.stage < right.stage }
      if left.finding.steps.lowerBound != right.finding.steps.lowerBound {
        return left.finding.steps.lowerBound < right.finding.steps.lowerBound
      }
      if left.finding.severity != right.finding.severity { return left.finding.severity > right.finding.severity }
      return a.offset < b.offset
    }.map(\.element)
    var result: [Finding] = []
    var causes: [(stage: RuleStage, finding: Finding)] = []
    for (stage, finding) in ordered {
      var finding = finding
      if finding.severity > .note, !standingAlone.contains(finding.rule),
        let cause = causes.first(where: { Self.explains($0, (stage, finding)) })
      {
        finding.follows = cause.finding.rule
      } else {
        causes.append((stage, finding))
      }
      result.append(finding)
    }
    // A failure that stands for itself comes before warnings that do, whatever their stage.
    let heads = result.filter { $0.follows == nil }.enumerated().sorted {
      ($0.element.severity, -$0.offset) > ($1.element.severity, -$1.offset)
    }.map(\.element)
    findings = heads.flatMap { head in
      [head] + (head.severity == .note ? [] : result.filter { $0.follows == head.rule })
    }.reduce(into: []) { list, finding in
      // Two heads of one rule share what follows.
      if finding.follows == nil
        || !list.contains(where: { $0.follows == finding.follows && $0.statement == finding.statement })
      {
        list.append(finding)
      }
    }
  }

  private static func explains(
    _ cause: (stage: RuleStage, finding: Finding), _ other: (stage: RuleStage, finding: Finding)
  ) -> Bool {
    cause.finding.severity >= other.finding.severity && cause.finding.rule != other.finding.rule
      && (cause.stage < other.stage
        || cause.stage == other.stage && cause.stage > .setup
          && cause.finding.steps.lowerBound <= other.finding.steps.lowerBound)
      && cause.finding.steps.lowerBound <= max(other.finding.steps.lowerBound, other.stage == .outcome ? .max : 0)
  }
}
