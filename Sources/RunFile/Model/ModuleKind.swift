/// The type of a site's module, such as `Linear`.
public struct ModuleKind: RunFileName {
  /// The kind as the file has it.
  public let rawValue: String
  /// A kind of one's own.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// An affine map.
  public static let linear: ModuleKind = "Linear"
  /// A convolution of images.
  public static let conv2d: ModuleKind = "Conv2d"
  /// A rectifier.
  public static let relu: ModuleKind = "ReLU"
  /// A tensor that was given to `Recorder.observe` under a name, and belongs to no module.
  public static let tensor: ModuleKind = "Tensor"
}
