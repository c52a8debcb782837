import Rheoscope

/// Which programs: limits are set on the development half alone. The misses of the first test half, which was run once with limits that did not know
/// it, have been read since; the second is for those that were set after that.
enum Half: String, CaseIterable {
  case development, test
  case secondTest = "second-test"

  /// The seed of its choices.
  var seed: UInt64 { UInt64(Self.allCases.firstIndex(of: self)!) }
}

/// One training of the benchmark, with a fault or without.
struct Program: Sendable {
  let recipe: Recipe
  /// The same training without the fault; nil for a healthy program.
  var twin: Recipe?
  var fault: Fault?
  var strength = 0.0
  /// Whether it is healthy though something about it is unusual.
  var habit: String?

  var name: String {
    fault.map { "\($0.id) (\(formatShortest(strength))): \(recipe.name)" } ?? recipe.name
  }

  /// The faulty programs: each fault in several nets, from weak to strong, or the strongest alone.
  static func faulty(_ half: Half, perFault: Int, strongest: Bool = false) -> [Program] {
    let bases = Base.all(half)
    return Fault.all.flatMap { fault -> [Program] in
      var random = RandomStream(seed: 1 + half.seed, name: fault.id)
      var fitting = bases.filter(fault.fits)
      for last in stride(from: fitting.count - 1, to: 0, by: -1) {
        fitting.swapAt(last, Int(random.uniform() * Double(last + 1)))
      }
      fitting = spread(fitting)
      return fitting.prefix(perFault).enumerated().map { index, base in
        let strength =
          strongest ? fault.strengths.last! : fault.strengths[(index + Int(half.seed)) % fault.strengths.count]
        var twin = base
        fault.prepare(&twin, strength)
        var recipe = twin
        fault.inject(&recipe, strength)
        // Twins of one fault and strength differ from the base.
        twin.tags.append("as twin of \(fault.id) \(strength)")
        return Program(recipe: recipe, twin: twin, fault: fault, strength: strength)
      }
    }
  }

  /// The healthy programs: bases, and bases with unusual habits.
  static func healthy(_ half: Half, bases: Int, perHabit: Int) -> [Program] {
    let all = spread(Base.all(half))
    return all.prefix(bases).map { Program(recipe: $0) } + Habit.programs(half, perHabit: perHabit)
  }

  /// The recipes in an order in which neighbours differ in data and net.
  static func spread(_ recipes: [Recipe]) -> [Recipe] {
    var queues: [(key: String, recipes: [Recipe])] = []
    for recipe in recipes {
      let key = "\(recipe.data) \(recipe.net)"
      if let index = queues.firstIndex(where: { $0.key == key }) {
        queues[index].recipes.append(recipe)
      } else {
        queues.append((key, [recipe]))
      }
    }
    return (0..<(queues.map(\.recipes.count).max() ?? 0)).flatMap { row in
      queues.compactMap { $0.recipes.indices.contains(row) ? $0.recipes[row] : nil }
    }
  }
}
