/// A row of the table `step`.
public struct StepRow: Sendable, Equatable {
  /// The number of optimizer steps before this one.
  public var step: Int
  /// The loss of the step's batch.
  public var loss: Double
  /// The fraction of the batch that was classified correctly, from 0 to 1; nil is "not recorded".
  public var accuracy: Double?
  /// The optimizer's learning rate; nil is "not recorded".
  public var learningRate: Double?
  /// Seconds since the recording began.
  public var seconds: Double

  /// A row; nil is "not recorded".
  public init(step: Int, loss: Double, accuracy: Double? = nil, learningRate: Double? = nil, seconds: Double) {
    self.step = step
    self.loss = loss
    self.accuracy = accuracy
    self.learningRate = learningRate
    self.seconds = seconds
  }
}

/// A row of the table `layer`: the recorded quantities of a site at a step.
///
/// The values are stored inline, so a row allocates no memory.
public struct LayerRow: Sendable {
  /// The step that the row belongs to.
  public var step: Int
  /// The `id` of the row's site.
  public var site: Int
  @usableFromInline var recorded: UInt32 = 0
  @usableFromInline var values = [11 of Double](repeating: 0)

  /// An empty row.
  public init(step: Int, site: Int) {
    self.step = step
    self.site = site
  }

  /// Whether nothing is recorded.
  public var isEmpty: Bool { recorded == 0 }

  /// The value of a quantity; nil is "not recorded", NaN is a value.
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

/// A row of the table `weight`: norms of a parameter of two or more dimensions at a step.
public struct WeightRow: Sendable, Equatable {
  /// The step that the row belongs to.
  public var step: Int
  /// The `id` of the row's parameter.
  public var parameter: Int
  /// ‖W‖₂ before the step.
  public var norm: Double?
  /// ‖dL/dW‖₂.
  public var gradientNorm: Double?
  /// max |dL/dW|.
  public var gradientMax: Double?
  /// ‖ΔW‖₂ of the step.
  public var updateNorm: Double?

  /// A row; nil is "not recorded".
  public init(
    step: Int, parameter: Int, norm: Double? = nil, gradientNorm: Double? = nil, gradientMax: Double? = nil,
    updateNorm: Double? = nil
  ) {
    self.step = step
    self.parameter = parameter
    self.norm = norm
    self.gradientNorm = gradientNorm
    self.gradientMax = gradientMax
    self.updateNorm = updateNorm
  }

  /// The value of a quantity; nil is "not recorded".
  public subscript(quantity: WeightQuantity) -> Double? {
    switch quantity {
    case .norm: norm
    case .gradientNorm: gradientNorm
    case .gradientMax: gradientMax
    case .updateNorm: updateNorm
    }
  }
}

/// A row of the table `event`: an event at a step, such as the first NaN.
public struct Event: Sendable, Equatable {
  /// The step at which it happened.
  public var step: Int
  /// The `id` of the site at which it happened; nil is the whole model.
  public var site: Int?
  /// The kind.
  public var kind: EventKind
  /// The event as a sentence.
  public var text: String

  /// An event; `site` nil is the whole model.
  public init(step: Int, site: Int? = nil, kind: EventKind, text: String) {
    self.step = step
    self.site = site
    self.kind = kind
    self.text = text
  }
}

/// A row of the table `measure`: a number with a name, which a probe recorded.
public struct Measure: Sendable, Equatable {
  /// The step at which it was measured.
  public var step: Int
  /// The `id` of the site at which it was measured; nil is the whole model.
  public var site: Int?
  /// The value; NaN and infinities are kept.
  public var value: Double

  /// A measure; `site` nil is the whole model.
  public init(step: Int, site: Int? = nil, value: Double) {
    self.step = step
    self.site = site
    self.value = value
  }
}

/// A row of the table `scalar`: a number of the whole training at a step, with a name, such as `validation_loss`.
public struct Scalar: Sendable, Equatable {
  /// The last completed step when it was recorded.
  public var step: Int
  /// The value; NaN and infinities are kept.
  public var value: Double

  /// A scalar; `value` may be NaN or infinite.
  public init(step: Int, value: Double) {
    self.step = step
    self.value = value
  }

  /// The name of the learning rates of an optimizer, counted from 1: `learning_rate_2`. A recorder writes those from the second on, where
  /// they change; those of the first are in the table `step`.
  public static func learningRate(ofOptimizer number: Int) -> String { "learning_rate_\(number)" }

  /// The name of the scales of a loss, which a loss scaler multiplies it by in mixed precision: `loss_scale` for the first optimizer,
  /// `loss_scale_2` for the second. A recorder writes them where they change.
  public static func lossScale(ofOptimizer number: Int) -> String {
    number == 1 ? "loss_scale" : "loss_scale_\(number)"
  }
}

/// A row of the table `histogram`: the number of values per bin.
public struct Histogram: Sendable, Equatable {
  /// The step.
  public var step: Int
  /// The `id` of the site; nil is the whole model.
  public var site: Int?
  /// The number of values in each of the `HistogramBins`. If there are not 300 counts, the quantity has bins of its own.
  public var counts: [UInt32]

  /// A histogram; `site` nil is the whole model.
  public init(step: Int, site: Int?, counts: [UInt32]) {
    self.step = step
    self.site = site
    self.counts = counts
  }
}
