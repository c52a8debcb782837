/// What is known of a whole step.
public struct StepRow: Sendable, Equatable {
  /// How many optimizer steps came before this one.
  public var step: Int
  /// The loss of the step's batch.
  public var loss: Double
  /// The fraction of the batch that was classified right, from 0 to 1; nil is "not recorded".
  public var accuracy: Double?
  /// The optimizer's learning rate; nil is "not recorded".
  public var learningRate: Double?
  /// Seconds since the recording began.
  public var seconds: Double

  /// A step made of its parts.
  public init(step: Int, loss: Double, accuracy: Double? = nil, learningRate: Double? = nil, seconds: Double) {
    self.step = step
    self.loss = loss
    self.accuracy = accuracy
    self.learningRate = learningRate
    self.seconds = seconds
  }
}

/// What is known of one site at one step: a value, or nothing, for each `LayerQuantity`.
///
/// The values lie in the row itself, so making and filling one allocates nothing.
public struct LayerRow: Sendable {
  /// The step that the row belongs to.
  public var step: Int
  /// The `id` of the row's site.
  public var site: Int
  @usableFromInline var recorded: UInt32 = 0
  @usableFromInline var values = [16 of Double](repeating: 0)

  /// A row in which nothing is recorded yet.
  public init(step: Int, site: Int) {
    self.step = step
    self.site = site
  }

  /// Whether nothing is recorded.
  public var isEmpty: Bool { recorded == 0 }

  /// The value of a quantity; nil is "not recorded", and NaN is a value like any other.
  @inlinable
  public subscript(quantity: LayerQuantity) -> Double? {
    get { recorded & (1 << UInt32(quantity.rawValue)) == 0 ? nil : values[quantity.rawValue] }
    set {
      let bit: UInt32 = 1 << UInt32(quantity.rawValue)
      if let newValue {
        recorded |= bit
        values[quantity.rawValue] = newValue
      } else {
        recorded &= ~bit
      }
    }
  }
}

/// Something worth a line at a step, such as the first NaN.
public struct Event: Sendable, Equatable {
  /// The step at which it happened.
  public var step: Int
  /// The `id` of the site at which it happened; nil is the whole model.
  public var site: Int?
  /// One word for what happened, such as `nonfinite`.
  public var kind: String
  /// What happened, for people.
  public var text: String
}

/// A number beyond the fixed columns, named by the probe that made it.
public struct Measure: Sendable, Equatable {
  /// The step at which it was measured.
  public var step: Int
  /// The `id` of the site at which it was measured; nil is the whole model.
  public var site: Int?
  /// The value; NaN and infinities are kept.
  public var value: Double
}

/// How often values fell into each of a probe's bins.
public struct Histogram: Sendable, Equatable {
  /// The step at which it was taken.
  public var step: Int
  /// The `id` of the site at which it was taken; nil is the whole model.
  public var site: Int?
  /// The number of values in each bin, as `HistogramBins` says; another number of counts has bins of its quantity's own.
  public var counts: [UInt32]

  /// A histogram made of its parts.
  public init(step: Int, site: Int?, counts: [UInt32]) {
    self.step = step
    self.site = site
    self.counts = counts
  }
}
