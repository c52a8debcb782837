/// A place in a net that is watched: one call of one module.
public struct Site: Sendable, Hashable, Codable {
  /// Sites are numbered from 0 in the order in which they first fire.
  public let id: Int
  /// The dotted path of the module, such as `blocks.3.1`; a module that is called again in a pass has its call's number
  /// behind it, `cell[1]`.
  public let path: String
  /// The module's type, such as `Linear`.
  public let kind: String
  /// How many layers with weights lie up to and including this one, in forward order.
  public let depth: Int
  /// The shape of the output.
  public let shape: [Int]
  /// How many parameters the module holds itself.
  public let parameters: Int

  public init(id: Int, path: String, kind: String, depth: Int, shape: [Int], parameters: Int) {
    self.id = id
    self.path = path
    self.kind = kind
    self.depth = depth
    self.shape = shape
    self.parameters = parameters
  }
}

/// One training step.
public struct StepRow: Sendable, Hashable {
  /// Counted from 0.
  public let step: Int
  /// The loss of the step's batch, before the update.
  public let loss: Double
  /// The share of right answers, 0 to 1, where it was measured.
  public let accuracy: Double?
  public let learningRate: Double?
  /// Since the recording began.
  public let seconds: Double

  public init(step: Int, loss: Double, accuracy: Double?, learningRate: Double?, seconds: Double) {
    self.step = step
    self.loss = loss
    self.accuracy = accuracy
    self.learningRate = learningRate
    self.seconds = seconds
  }
}

/// Something that happened once, such as the first NaN.
public struct Event: Sendable, Hashable {
  public let step: Int
  /// nil for what concerns no layer.
  public let site: Int?
  public let kind: String
  public let text: String
}

/// What is recorded of a site at a step: the columns of the table `layer`.
///
/// Activations are the module's output over the whole batch; `gradient…` is dL/d(that output); `weight…` and `update…`
/// concern the module's own parameter named `weight`. Norms are Euclidean; nothing has a unit but counts and fractions.
public enum LayerQuantity: Int, CaseIterable, Sendable {
  case activationMean
  /// The standard deviation over batch and units.
  case activationStd
  /// √ of the mean square.
  case activationRMS
  case activationMin
  case activationMax
  /// The fraction of elements that are exactly 0.
  case zeroFraction
  /// The fraction of elements at which the activation's derivative is below a tenth of its maximum; for bounded activations.
  case saturatedFraction
  /// How many elements of the output are NaN or infinite.
  case nonfiniteCount
  case gradientMean
  /// √ of the mean square of the gradient.
  case gradientRMS
  /// The largest magnitude in the gradient.
  case gradientMax
  /// How many elements of the gradient are NaN or infinite.
  case gradientNonfiniteCount
  /// ‖W‖ before the update.
  case weightNorm
  /// ‖dL/dW‖ as the optimizer got it.
  case weightGradientNorm
  /// The largest magnitude in dL/dW.
  case weightGradientMax
  /// ‖W after − W before‖, rounding included.
  case updateNorm

  /// The column's name in SQL.
  public var column: String {
    switch self {
    case .activationMean: "activation_mean"
    case .activationStd: "activation_std"
    case .activationRMS: "activation_rms"
    case .activationMin: "activation_min"
    case .activationMax: "activation_max"
    case .zeroFraction: "zero_fraction"
    case .saturatedFraction: "saturated_fraction"
    case .nonfiniteCount: "nonfinite_count"
    case .gradientMean: "gradient_mean"
    case .gradientRMS: "gradient_rms"
    case .gradientMax: "gradient_max"
    case .gradientNonfiniteCount: "gradient_nonfinite_count"
    case .weightNorm: "weight_norm"
    case .weightGradientNorm: "weight_gradient_norm"
    case .weightGradientMax: "weight_gradient_max"
    case .updateNorm: "update_norm"
    }
  }
}

/// What is known of a site at a step; quantities that were not set were not recorded. Lies in one piece of memory, since
/// training fills one for every site at every step.
public struct LayerRow: Sendable {
  public let step: Int
  public let site: Int
  private var values = SIMD16<Double>()
  private var present: UInt16 = 0

  public init(step: Int, site: Int) {
    self.step = step
    self.site = site
  }

  /// The value of a quantity, nil where it was not recorded. NaN and infinities are values.
  public subscript(quantity: LayerQuantity) -> Double? {
    get { present & 1 << quantity.rawValue == 0 ? nil : values[quantity.rawValue] }
    set {
      if let newValue {
        values[quantity.rawValue] = newValue
        present |= 1 << quantity.rawValue
      } else {
        present &= ~(1 << quantity.rawValue)
      }
    }
  }
}
