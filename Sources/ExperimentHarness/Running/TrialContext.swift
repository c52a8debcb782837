import Rheoscope
import Support

/// The context of one trial: its settings and seed, the data set, a recorder, and the functions that report what it measures.
public final class TrialContext {
  /// The experiment's settings with the variant's changes.
  public let settings: Settings
  /// The seed, from 0. All randomness of the trial must follow from it.
  public let seed: Int
  /// The variant.
  public let variant: Variant

  private let experimentSettings: Settings
  private let environment: TrialEnvironment
  private(set) var trial: Trial
  let files: TrialFiles
  let identity: TrialIdentity
  /// The checkpoint that the trial goes on from, until it does; nil if it begins.
  var checkpointToResume: String?
  private var hasTrained = false

  /// With `resumes` the trial goes on from its checkpoint, if it has one.
  init(_ variant: Variant, seed: Int, _ settings: Settings, _ environment: TrialEnvironment, resumes: Bool = true) {
    self.variant = variant
    self.seed = seed
    experimentSettings = settings
    self.settings = variant.adjusted(settings)
    self.environment = environment
    trial = Trial(variant: variant.name, seed: seed)
    files = TrialFiles(in: environment.folder, variant.name, seed: seed)
    identity = TrialIdentity(environment.experiment, variant, seed: seed, settings)
    checkpointToResume = resumes && files.hasCheckpoint ? files.checkpoint : nil
  }

  /// After how many steps checkpoints are saved; nil for none.
  var checkpointInterval: Int? { environment.checkpointInterval }

  /// The number of steps after which a training ends early; nil to train to its end.
  var stepLimit: Int? { environment.stepLimit }

  /// A change of the training that is tried; nil for none.
  var remedy: Remedy? { environment.remedy }

  /// The hash of the data set; nil where no trial has read it.
  var dataHash: String? { environment.data.hash }

  /// Throws unless the data set is the one with this hash.
  func requireData(_ hash: String) throws { try environment.data.require(hash) }

  /// Whether a training is the trial's first.
  func beginTraining() -> Bool {
    defer { hasTrained = true }
    return !hasTrained
  }

  /// Writes files, and holds interruptions back meanwhile.
  func saving(_ body: () throws -> Void) throws {
    if let interruption = environment.interruption { try interruption.heldBack(body) } else { try body() }
  }

  // MARK: Reporting

  /// Reports a measured number. `name` is the heading of its column in tables; nil means that there was nothing to measure.
  /// Stops the program if the trial has reported a number under this name already.
  public func report(_ name: String, _ value: Double?, _ repeats: Repeatability = .exactly) {
    guard !trial.names.contains(name) else {
      stop("TrialContext.report", "“\(name)” is reported twice in one trial")
    }
    trial.names.append(name)
    trial.measured[name] = MeasuredNumber(value: value, repeats: repeats)
  }

  /// Reports a series of values `y` over `x`, for figures and claims. Stops the program if the two differ in length.
  public func report(_ name: String, _ y: [Double], over x: [Double]) {
    guard x.count == y.count else {
      stop("TrialContext.report", "“\(name)” has \(counted(y.count, "value")) over \(x.count) x values")
    }
    trial.series[name] = Series(x: x, y: y)
  }

  /// Reports a table of numbers, row by row, for figures and claims.
  public func report(_ name: String, rows: [[Double]]) { trial.tables[name] = rows }

  /// Prints a message about this trial on standard error.
  public func note(_ text: String) { environment.printNotice("\(variant.name), seed \(seed): \(text)") }

  /// Reports which share of the trial is done, from 0 to 1.
  public func reportProgress(_ fraction: Double) { environment.showProgress(fraction) }

  // MARK: Data and recording

  /// Fashion-MNIST. Throws a `DatasetError` where its files can't be read.
  public func data() throws -> FashionMNIST { try environment.data.load() }

  /// A recorder that writes the trial's run file. `meta` is stored in the file beside experiment, variant, seed and settings.
  /// In a trial that goes on from a checkpoint the recorder does too. Stops the program if the trial has a recorder already. Throws a
  /// `RunFileError` where the file can't be written.
  public func recorder(
    _ model: Module, _ optimizer: Optimizer, probes: ProbeSet = .standard, meta: [MetaKey: String] = [:]
  ) throws -> Recorder {
    guard trial.runPath == nil else {
      stop("TrialContext.recorder", "a trial writes one run file, and a recorder for it exists already")
    }
    trial.runPath = files.run
    let warn: (String) -> Void = { [self] in note($0) }
    let recorder: Recorder
    if let checkpoint = checkpointToResume {
      _ = try resume(model, optimizer)
      recorder = try usingCheckpoint {
        try identity.check(Run(path: files.run))
        return try Recorder(resuming: files.run, from: checkpoint, model, optimizer, probes: probes, warn: warn)
      }
    } else {
      recorder = try Recorder(
        model, optimizer, writingTo: files.run, probes: probes, meta: runMeta.merging(meta) { $1 }, warn: warn)
    }
    environment.interruption?.add(recorder.writer)
    return recorder
  }

  private var runMeta: [MetaKey: String] {
    var meta = environment.provenance.meta
    meta[.experiment] = environment.experiment
    meta[.variant] = variant.name
    meta[.variantStyle] = environment.styles[variant.name]?.description
    meta[.seed] = "\(seed)"
    if let hash = environment.data.hash { meta[.dataHash] = hash }
    for name in settings.names where !Setting.ofTrials.contains(name) {
      meta[MetaKey(rawValue: name.replacing("-", with: "_"))] = formatShortest(settings[name])
    }
    meta[.predictedGradientProfile] =
      variant.predictedProfile(experimentSettings)?.map { "\($0)" }.joined(separator: " ")
    meta[.predictedGradientFactor] = variant.predictedGradientFactor(experimentSettings).map { "\($0)" }
    return meta
  }
}

/// What all trials of a run share.
struct TrialEnvironment: Sendable {
  let experiment: String
  let folder: String
  let data: SharedData
  let provenance: Provenance
  let interruption: Interruption?
  let checkpointInterval: Int?
  /// The looks of all variants in charts, by name.
  var styles: [String: VariantStyle] = [:]
  /// A change of the training; nil for none.
  var remedy: Remedy?
  /// The number of steps after which a training ends early; nil to train to its end.
  var stepLimit: Int?
  let printNotice: @Sendable (String) -> Void
  let showProgress: @Sendable (Double) -> Void
}
