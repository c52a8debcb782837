import Foundation
import RunFile

/// The facts of a run, by subject and name.
///
///     evidence.facts.number(.maximum, of: .input)
public struct RecordedFacts: Sendable {
  private struct Key: Hashable {
    let subject: Fact.Subject
    let name: FactName
  }
  private var facts: [Key: [Fact]] = [:]

  /// The facts in the order in which they were written.
  public init(_ list: [Fact]) {
    for fact in list { facts[Key(subject: fact.subject, name: fact.name), default: []].append(fact) }
  }

  /// Whether the run has no facts at all, as one that was recorded by an older version or another program.
  public var isEmpty: Bool { facts.isEmpty }

  /// All facts of a name and a subject, in order of steps.
  public func all(_ name: FactName, of subject: Fact.Subject) -> [Fact] {
    facts[Key(subject: subject, name: name)] ?? []
  }

  /// The last number; nil if there is none.
  public func number(_ name: FactName, of subject: Fact.Subject) -> Double? { all(name, of: subject).last?.number }

  /// The first number; nil if there is none.
  public func firstNumber(_ name: FactName, of subject: Fact.Subject) -> Double? {
    all(name, of: subject).first?.number
  }

  /// The last text; nil if there is none.
  public func text(_ name: FactName, of subject: Fact.Subject) -> String? {
    guard case .text(let text) = all(name, of: subject).last?.value else { return nil }
    return text
  }

  /// The last JSON value; nil if there is none, or it is not what is asked for.
  public func json<Value: Decodable>(_ name: FactName, of subject: Fact.Subject, as type: Value.Type) -> Value? {
    all(name, of: subject).last?.json(as: type)
  }

  /// The facts of a name by the path of the parameter.
  public func ofParameters(_ name: FactName) -> [(path: String, fact: Fact)] {
    facts.flatMap { key, list -> [(path: String, fact: Fact)] in
      guard key.name == name, case .parameter(let path) = key.subject, let last = list.last else { return [] }
      return [(path, last)]
    }.sorted { $0.path < $1.path }
  }

  /// The facts of a name by the `id` of the site.
  public func ofSites(_ name: FactName) -> [(site: Int, fact: Fact)] {
    facts.flatMap { key, list -> [(site: Int, fact: Fact)] in
      guard key.name == name, case .site(let id) = key.subject, let last = list.last else { return [] }
      return [(id, last)]
    }.sorted { $0.site < $1.site }
  }
}

extension Fact {
  /// The number; nil if the value is none.
  public var number: Double? { if case .number(let number) = value { number } else { nil } }

  /// The decoded JSON; nil if the value is none, or not what is asked for.
  public func json<Value: Decodable>(as type: Value.Type) -> Value? {
    guard case .json(let text) = value else { return nil }
    return try? JSONDecoder().decode(type, from: Data(text.utf8))
  }
}
