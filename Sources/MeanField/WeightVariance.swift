extension MeanField {
  /// σ_w², which is n times a weight's variance, that an initializer gives to square layers; nil where it is none of those
  /// below or draws nothing at random.
  ///
  /// `initializer` is its description: He 2, Xavier and LeCun 1, either normal or uniform; U(±1/√n) 1/3; orthogonal the
  /// square of its gain; `normal, σ_w² = x` x.
  public static func weightVariance(ofInitializer initializer: String) -> Double? {
    switch initializer {
    case "He normal", "He uniform": 2
    case "Xavier normal", "Xavier uniform", "LeCun normal", "LeCun uniform", "orthogonal": 1
    case "U(±1/√n)": 1.0 / 3
    default:
      number(in: initializer, after: "normal, σ_w² = ")
        ?? number(in: initializer, after: "orthogonal, gain ").map { $0 * $0 }
    }
  }

  private static func number(in text: String, after prefix: String) -> Double? {
    text.hasPrefix(prefix) ? Double(text.dropFirst(prefix.count)) : nil
  }
}
