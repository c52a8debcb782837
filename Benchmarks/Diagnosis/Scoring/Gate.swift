extension Tables {
  /// What a check of every change asks for, with about 60 programs of the strongest faults: at least 90 % of the faults detected, at least
  /// 85 % named right as the first finding, and at most 2 % of the healthy programs with a warning or a failure. Measured with `--quick`, in
  /// ten seconds: 42 of 42 detected, 41 of 42 named, and no warning in 20 healthy programs.
  static let gate = (detected: 0.9, named: 0.85, alarms: 0.02)

  /// What is below `gate`, one line each; empty where nothing is.
  var problems: [String] {
    let detected = Share(hits: faulty.count(where: \.isFlagged), count: faulty.count)
    let named = Share(hits: faulty.count(where: \.isNamed), count: faulty.count)
    let alarms = Share(hits: healthy.count(where: \.isFlagged), count: healthy.count)
    guard !faulty.isEmpty, !healthy.isEmpty else { return ["diagnosis: no program was judged, so nothing is shown"] }
    func text(_ what: String, _ share: Share, _ side: String, _ limit: Double) -> String {
      "diagnosis: \(what) \(share), but \(side) \(percent(limit)) % is asked for"
    }
    var problems: [String] = []
    if detected.value < Self.gate.detected {
      problems.append(text("detects", detected, "at least", Self.gate.detected))
    }
    if named.value < Self.gate.named { problems.append(text("names", named, "at least", Self.gate.named)) }
    if alarms.value > Self.gate.alarms {
      problems.append(text("warns in healthy programs,", alarms, "at most", Self.gate.alarms))
    }
    return problems
  }
}
