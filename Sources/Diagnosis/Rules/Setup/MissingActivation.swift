import RunFile
import Support

/// Fires when two linear layers or convolutions follow directly on one another in a `Sequential`, so that both together are one linear map. A
/// narrow layer between two wide ones is a factorization on purpose.
struct MissingActivationRule: Rule {
  let name = "missing activation"
  let stage = RuleStage.setup
  let principle =
    "Searches each Sequential for two linear layers or convolutions in a row. Together they are one linear map, so "
    + "the net can do less than its number of layers promises."
  let source = "UMLAUT (CHI 2021)"
  var limits: [RuleLimit] {
    [
      RuleLimit("width of the layer in between", .atLeast, Self.narrowLimit, "of its neighbours' width")
    ]
  }

  /// The width of the layer in between over that of its neighbours below which the pair is a factorization: 0.5.
  static let narrowLimit = 0.5

  func missing(in evidence: RunEvidence) -> [MissingRecord] { evidence.run.meta[.model] == nil ? [.model] : [] }

  func findings(in evidence: RunEvidence) throws -> [Finding] {
    let sites = evidence.run.sites.filter { $0.kind != .tensor && $0.call == 0 }
    let sequences = Self.sequences(in: evidence.run.meta[.model] ?? "")
    var pairs: [(Site, Site)] = []
    for (first, second) in zip(sites, sites.dropFirst()) {
      guard Self.isLinear(first), Self.isLinear(second), second.depth == first.depth + 1,
        let (parent, index) = Self.position(first.module), let (other, next) = Self.position(second.module),
        parent == other, next == index + 1, sequences.contains(parent)
      else { continue }
      let shapes = [first, second].map { site in
        let shape = evidence.matrices.first { $0.site == site.id }?.shape ?? []
        // Those of transposed convolutions are [inputs, units, …].
        return Self.transposedKinds.contains(site.kind) ? [Int](shape.prefix(2).reversed()) : shape
      }
      if shapes.allSatisfy({ $0.count > 1 }) {
        // Weights are [units, inputs, …].
        let middle = Double(shapes[0][0]), ends = Double(min(shapes[1][0], shapes[0][1]))
        guard middle >= Self.narrowLimit * ends else { continue }
      }
      pairs.append((first, second))
    }
    guard let pair = pairs.first else { return [] }
    let all = sites.filter(Self.isLinear)
    // One pair of many leaves the net its other activations.
    let isLinear = pairs.count == all.count - 1 && pairs.count > 1
    let severity: Finding.Severity =
      evidence.struggles
      ? (pairs.count * 2 >= all.count - 1 ? evidence.severity : .warning)
      : isLinear && evidence.isHigh ? .warning : .note
    return found(
      severity,
      "\(pair.0.path) and \(pair.1.path) follow one another with nothing in between"
        + (pairs.count > 1 ? ", and \(counted(pairs.count - 1, "more pair"))" : ""),
      sites: pairs.flatMap { [$0.0.path, $0.1.path] }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } },
      steps: evidence.allSteps, measured: Double(pairs.count), limit: 0, unit: "pairs",
      cause: "two linear maps in a row are one linear map, however many units they have",
      remedies: [
        "put an activation in between: Sequential(…, \(pair.0.kind.rawValue)(…), ReLU(), \(pair.1.kind.rawValue)(…), …)"
      ], trial: .activations(after: pairs.map(\.0.module)))
  }

  private static let transposedKinds: [ModuleKind] = [.convTranspose1d, .convTranspose2d]
  private static let linearKinds: [ModuleKind] = [.linear, .conv1d, .conv2d] + transposedKinds

  private static func isLinear(_ site: Site) -> Bool { site.isLayer && linearKinds.contains(site.kind) }

  /// The path of the module that holds it, and its index there; nil if its name is not a number.
  private static func position(_ path: String) -> (parent: String, index: Int)? {
    let parts = path.split(separator: ".")
    guard let last = parts.last, let index = Int(last) else { return nil }
    return (parts.dropLast().joined(separator: "."), index)
  }

  /// The paths of the `Sequential`s in a printed model: functions between their modules are impossible.
  static func sequences(in model: String) -> Set<String> {
    var found: Set<String> = []
    var path: [String] = []
    for line in model.split(separator: "\n") {
      let indent = line.prefix { " │├└".contains($0) }.count
      let title = line.dropFirst(indent)
      let level = indent / 2
      let parts = title.split(separator: ":", maxSplits: 1)
      let kind: Substring
      if level == 0 {
        (path, kind) = ([], title)
      } else {
        guard parts.count == 2, level <= path.count + 1 else { continue }
        path = Array(path.prefix(level - 1)) + [String(parts[0])]
        kind = parts[1].drop { $0 == " " }
      }
      if kind.prefix(while: \.isLetter) == "Sequential" { found.insert(path.joined(separator: ".")) }
    }
    return found
  }
}
