/// The type of a site's module, such as `Linear`.
public struct ModuleKind: RunFileName {
  /// The kind as it is in the file.
  public let rawValue: String
  /// Any kind.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// A fully connected layer.
  public static let linear: ModuleKind = "Linear"
  /// A 1D convolution.
  public static let conv1d: ModuleKind = "Conv1d"
  /// A 2D convolution.
  public static let conv2d: ModuleKind = "Conv2d"
  /// A transposed 1D convolution.
  public static let convTranspose1d: ModuleKind = "ConvTranspose1d"
  /// A transposed 2D convolution.
  public static let convTranspose2d: ModuleKind = "ConvTranspose2d"
  /// A rectified linear unit.
  public static let relu: ModuleKind = "ReLU"
  /// A tensor that was given to `Recorder.observe`, not a module.
  public static let tensor: ModuleKind = "Tensor"
}
