import Foundation
import Rheoscope

/// What a trial works on: it says with which settings and seed, hands out data and recorders, and keeps what is measured.
public final class TrialContext {
  /// The experiment's settings as the variant has them.
  public let settings: Settings
  /// Which of the variant's trials this is, from 0; all randomness of the trial comes from it.
  public let seed: Int
  /// What is tried.
  public let variant: Variant

  private let given: Settings
  private let site: Site
  private(set) var trial: Trial

  /// What all benches of a run have in common.
  package struct Site: Sendable {
    let experiment: String
    let folder: String
    let data: SharedData
    let provenance: Provenance
    let notice: @Sendable (String) -> Void
    let progress: @Sendable (Double) -> Void
  }

  init(_ variant: Variant, seed: Int, _ settings: Settings, _ site: Site) {
    self.variant = variant
    self.seed = seed
    given = settings
    self.settings = variant.adjusted(settings)
    self.site = site
    trial = Trial(variant: variant.name, seed: seed)
  }

  // MARK: What is measured

  /// Keeps a measured number under a name, which is the heading of its column in tables; nil where there is none to be measured.
  /// `repeats` says how nearly it comes out the same when the trial is made again.
  public func report(_ name: String, _ value: Double?, _ repeats: Repeatability = .exactly) {
    guard !trial.names.contains(name) else { stop("TrialContext", "“\(name)” is reported twice in a trial") }
    trial.names.append(name)
    trial.measured[name] = Measured(value: value, repeats: repeats)
  }

  /// Keeps a curve under a name, for pictures and claims.
  public func report(_ name: String, _ y: [Double], over x: [Double]) {
    guard x.count == y.count else { stop("TrialContext", "“\(name)” has \(y.count) values over \(x.count) places") }
    trial.series[name] = Series(x: x, y: y)
  }

  /// Keeps a table of numbers under a name, row by row, for pictures and claims.
  public func report(_ name: String, rows: [[Double]]) { trial.tables[name] = rows }

  // MARK: What a trial needs

  /// The images of Fashion-MNIST; throws where they can't be read.
  public func data() throws -> FashionMNIST { try site.data.load() }

  /// A recorder that writes this trial's run file, one a trial. `meta` is kept in the file beside the experiment, the variant, the
  /// seed and the settings.
  public func recorder(
    _ model: Module, _ optimizer: Optimizer, probes: ProbeSet = .standard, meta: [MetaKey: String] = [:]
  ) throws -> Recorder {
    guard trial.runPath == nil else {
      stop("TrialContext", "a trial has one run file, and a recorder writes it already")
    }
    let path = "\(site.folder)/\(variant.name)/seed-\(seed).rheo"
    trial.runPath = path
    return try Recorder(
      model, optimizer, writingTo: path, probes: probes, meta: runMeta.merging(meta) { $1 }
    ) { [self] in note($0) }
  }

  /// The least time in seconds for which processors were busy with something, of several times that it was done; the first is for
  /// warming up and does not count. What other programs take meanwhile is not in it. An experiment that reports it should be
  /// `isTimed`, and report it as what `.never` repeats.
  public func seconds(ofBest count: Int = 5, _ body: () throws -> Void) rethrows -> Double {
    try body()
    return try (0..<count).map { _ in try processorSeconds(body) }.min() ?? .nan
  }

  /// The same of something that is done once, and so long that it needs no warming up.
  public func seconds(of body: () throws -> Void) rethrows -> Double { try processorSeconds(body) }

  /// The same of several things that are done in turn, so that what slows the machine down for a while slows all of them down.
  public func seconds(ofBest count: Int, alternating bodies: [() -> Void]) -> [Double] {
    for body in bodies { body() }
    let rounds = (0..<count).map { _ in bodies.map { processorSeconds($0) } }
    return bodies.indices.map { body in rounds.map { $0[body] }.min() ?? .nan }
  }

  /// Tells the user something about this trial, on standard error.
  public func note(_ text: String) { site.notice("\(variant.name), seed \(seed): \(text)") }

  /// Says which share of the trial is done, from 0 to 1.
  public func isDone(_ share: Double) { site.progress(share) }

  private var runMeta: [MetaKey: String] {
    var meta = site.provenance.meta
    meta[.experiment] = site.experiment
    meta[.variant] = variant.name
    meta[.seed] = "\(seed)"
    if let hash = site.data.hash { meta[.dataHash] = hash }
    for name in settings.names where name != "seeds" {
      meta[MetaKey(rawValue: name.replacing("-", with: "_"))] = shortest(settings[name])
    }
    meta[.predictedGradientProfile] = variant.predictedProfile(given)?.map { "\($0)" }.joined(separator: " ")
    meta[.predictedGradientFactor] = variant.predictedGradientFactor(given).map { "\($0)" }
    return meta
  }
}

/// For how long processors are busy with something, all threads of this process together.
private func processorSeconds(_ body: () throws -> Void) rethrows -> Double {
  func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }
  let begin = now()
  try body()
  return now() - begin
}

/// How nearly a measured number comes out the same on the same machine.
public enum Repeatability: Sendable, Equatable {
  /// Bit by bit, as all that follows from settings and seed does.
  case exactly
  /// Up to a share of itself.
  case within(Double)
  /// It depends on the moment, as timings do.
  case never
}
