import Foundation
import Plotting

/// The colour and the shape of a variant in charts. An experiment writes it into the run files of each variant, so that a variant looks
/// the same in all figures of the experiment, whichever others a figure shows.
///
/// Variants whose names differ in one number only, such as `relu-6`, `relu-12` and `relu-50`, are an ordered family if there are three
/// or more: they are a ramp of one hue, in the order of the number.
public struct VariantStyle: Sendable, Hashable, CustomStringConvertible {
  /// The number of its shape and of its dashes: its index among all variants.
  public let index: Int
  /// The number of its colour.
  public let series: Int
  /// Its position in an ordered family, from 0 to 1; nil for a variant that is in none.
  public let position: Double?

  /// The colour.
  public var color: ColorRole { position.map { .series(series, position: $0) } ?? .series(series) }

  /// The styles of all variants of an experiment, in the order of their names.
  public static func all(named names: [String]) -> [VariantStyle] {
    let members = names.map(FamilyMember.init)
    let families = Dictionary(grouping: names.indices.filter { members[$0] != nil }) { members[$0]!.family }
      .filter { Set($1.map { members[$0]!.number }).count > 2 }
    var series = 0, known: [String: Int] = [:]
    return names.indices.map { index in
      guard let member = members[index], let family = families[member.family] else {
        defer { series += 1 }
        return VariantStyle(index: index, series: series, position: nil)
      }
      if known[member.family] == nil {
        known[member.family] = series
        series += 1
      }
      let order = Set(family.map { members[$0]!.number }).sorted()
      let position = Double(order.firstIndex(of: member.number)!) / Double(order.count - 1)
      return VariantStyle(index: index, series: known[member.family]!, position: position)
    }
  }

  /// The text for a run file: index, series and, in a family, the position, as in `3 1 0.5`.
  public var description: String { "\(index) \(series)" + (position.map { " \($0)" } ?? "") }

  /// The style that a run file states; nil where the text is none.
  init?(_ text: String) {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let index = Int(parts[0]), let series = Int(parts[1]),
      (0..<1_000_000).contains(index), (0..<1_000_000).contains(series)
    else { return nil }
    let position = parts.count == 3 ? Double(parts[2]) : nil
    guard parts.count == 2 || position.map({ (0...1).contains($0) }) == true else { return nil }
    self.init(index: index, series: series, position: position)
  }

  private init(index: Int, series: Int, position: Double?) {
    (self.index, self.series, self.position) = (index, series, position)
  }

  /// The styles of variants that one figure shows. Where two have colours that a theme repeats, that with the higher index gets the next
  /// free one, so that a figure of up to seven variants has as many colours.
  public static func distinct(_ styles: [VariantStyle]) -> [VariantStyle] {
    let size = Theme.light.series.count
    var colors: [Int: Int] = [:], taken = Set<Int>()
    for series in Set(styles.map(\.series)).sorted() {
      let own = series % size
      let free = (0..<size).map { (own + $0) % size }.first { !taken.contains($0) }
      colors[series] = free ?? own
      taken.insert(free ?? own)
    }
    return styles.map { VariantStyle(index: $0.index, series: colors[$0.series]!, position: $0.position) }
  }

  /// The styles of variants, by name. `texts` are what their run files state; where one states nothing, or two the same, all get
  /// theirs by the order of their names, so that the order of arguments has no effect.
  package static func styles(of texts: [String: String?]) -> [String: VariantStyle] {
    let stated = texts.compactMapValues { $0.flatMap(VariantStyle.init) }
    if stated.count == texts.count, Set(stated.values).count == texts.count {
      let names = Array(stated.keys)
      return Dictionary(uniqueKeysWithValues: zip(names, distinct(names.map { stated[$0]! })))
    }
    let names = texts.keys.sorted {
      let order = $0.compare($1, options: .numeric)
      return order == .orderedSame ? $0 < $1 : order == .orderedAscending
    }
    return Dictionary(uniqueKeysWithValues: zip(names, all(named: names)))
  }
}

/// A name with one number in it, set off by hyphens or at an end: the family is the name without the number.
private struct FamilyMember {
  let family: String
  let number: Double

  init?(_ name: String) {
    let matches = name.matches(of: /(^|-)([0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?)(?=$|-)/)
    guard matches.count == 1, let match = matches.first, let number = Double(match.output.2), number.isFinite else {
      return nil
    }
    self.number = number
    family = name.replacingCharacters(in: match.output.2.startIndex..<match.output.2.endIndex, with: "#")
  }
}
