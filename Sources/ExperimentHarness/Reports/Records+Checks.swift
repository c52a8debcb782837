import Foundation

/// What a file of results must fulfil before it is used, beyond the types of its values. It may have been edited.
extension Manifest {
  /// Throws an `ExperimentError` that names the value and what would be right.
  func check(at path: String) throws(ExperimentError) {
    func require(_ holds: Bool, _ problem: @autoclosure () -> String) throws(ExperimentError) {
      guard holds else { throw .brokenRecord(path: path, problem: problem()) }
    }
    try require((1...1_024).contains(threads), "threads is \(threads), not a whole number from 1 to 1024")
    try require((1...1_024).contains(jobs), "jobs is \(jobs), not a whole number from 1 to 1024")
    try require(0...1e9 ~= seconds, "seconds is \(seconds), not a number from 0 to 1e9")
    let first = Int(exactly: settings[Setting.firstSeed.name] ?? 0) ?? -1
    try require(
      !seeds.isEmpty && first >= 0 && zip(seeds, first...).allSatisfy { $0 == $1 },
      "seeds is \(seeds), not the whole numbers from \(max(first, 0)) on")
    for (file, hash) in files.sorted(by: { $0.key < $1.key }) {
      let parts = file.split(separator: "/", omittingEmptySubsequences: false)
      try require(
        !parts.contains { ["", ".", ".."].contains($0) }, "files names “\(file)”, not a path inside the folder")
      try require(
        hash.utf8.count == 64 && hash.allSatisfy { $0.isHexDigit && !$0.isUppercase },
        "the hash of \(file) is not 64 hexadecimal digits")
    }
  }
}

extension Summary {
  /// Throws an `ExperimentError` where the summary is not one of the run that the manifest records.
  func check(against manifest: Manifest, at path: String) throws(ExperimentError) {
    func require(_ holds: Bool, _ problem: @autoclosure () -> String) throws(ExperimentError) {
      guard holds else { throw .brokenRecord(path: path, problem: problem()) }
    }
    let seeds = manifest.seeds.count
    try require(
      experiment == manifest.experiment,
      "its experiment is “\(experiment)”, but “\(manifest.experiment)” in manifest.json")
    try require(
      settings == manifest.settings && Int(exactly: settings["seeds"] ?? 1) == seeds,
      "its settings are not those of manifest.json")
    try require(Set(variants.map(\.name)).count == variants.count, "two of its variants have the same name")
    for variant in variants {
      let names = variant.measured.map(\.name)
      try require(Set(names).count == names.count, "\(variant.name) has two numbers of the same name")
      for number in variant.measured {
        try require(
          number.perSeed.count == seeds,
          "\(variant.name) has \(number.perSeed.count) values of “\(number.name)”, not one for each of \(seeds) seeds")
      }
    }
    for claim in claims + (disagreements ?? []) {
      try require(
        claim.perSeed.count <= seeds,
        "“\(claim.statement)” has \(claim.perSeed.count) values, but there are \(seeds) seeds")
      try require(
        claim.held.map { 0...claim.perSeed.count ~= $0 } ?? true,
        "“\(claim.statement)” holds in \(claim.held ?? 0) of \(claim.perSeed.count) seeds")
      try require(
        claim.expectedLowest <= claim.expectedHighest,
        "“\(claim.statement)” expects from \(claim.expectedLowest) to \(claim.expectedHighest)")
    }
  }
}
