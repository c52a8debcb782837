import Autodiff

/// A residual block s(x) + α f(x): f applies modules one after the other, named "0", "1", …; the shortcut s is the identity
/// unless given.
///
/// x has any shape that the modules take; s(x) and f(x) have one shape, which is the output's. A call stops if their shapes differ.
///
/// The scale α is 1 by default. With f = W relu(x) and 50 layers, α = 1 starts at a loss of 10⁴ to 10¹¹ and training ends in NaN,
/// since each layer doubles the mean square; with α = 1/√L for L layers the RMS grows by at most √e in total. A learned scale that
/// begins at 0 (ReZero, SkipInit) makes the net begin as the identity, where gradients are the same at every depth.
///
/// Sources: He et al., "Deep residual learning for image recognition", 2015, arXiv:1512.03385; for the scale, Hanin and
/// Rolnick, "How to start training", 2018, arXiv:1803.01719; Bachlechner et al., "ReZero is all you need", 2020,
/// arXiv:2003.04887; De and Smith, "Batch normalization biases residual blocks towards the identity function", 2020,
/// arXiv:2002.10444.
public final class Residual: Module {
  private let layers: [Module]
  /// s; nil for the identity. Needed where f changes the shape, for instance a `Linear` or a `Conv2d` of kernel size 1.
  public let shortcut: Module?
  /// The initial value of α.
  public let scale: Float
  /// α if it is learned, a scalar []; otherwise nil.
  public let learnedScale: Parameter?

  /// A block whose branch f is `layers` in order. With `learnsScale`, α is a parameter that begins as `scale`.
  public init(_ layers: [Module], scale: Float = 1, learnsScale: Bool = false, shortcut: Module? = nil) {
    self.layers = layers
    self.scale = scale
    self.shortcut = shortcut
    learnedScale = learnsScale ? Parameter([], initializer: .constant(scale)) : nil
  }

  /// A block whose branch f is `layers` in order. With `learnsScale`, α is a parameter that begins as `scale`.
  public convenience init(
    _ layers: Module..., scale: Float = 1, learnsScale: Bool = false, shortcut: Module? = nil
  ) {
    self.init(layers, scale: scale, learnsScale: learnsScale, shortcut: shortcut)
  }

  /// A block x + α f(x) with a learned α that begins at 0.
  public static func reZero(_ layers: Module...) -> Residual { Residual(layers, scale: 0, learnsScale: true) }

  public override func forward(_ x: Tensor) -> Tensor {
    let branch = layers.reduce(x) { $1($0) }
    let stream = shortcut.map { $0(x) } ?? x
    guard stream.shape == branch.shape else {
      stop(
        "Residual", stream.shape, branch.shape,
        "shortcut and branch must have one shape; pass a shortcut: module that changes the shape too")
    }
    return stream + (learnedScale.map { branch * $0.value } ?? (scale == 1 ? branch : scale * branch))
  }

  public override var details: String {
    let factor = learnedScale != nil ? "α " : scale == 1 ? "" : "\(scale) "
    return "\(shortcut == nil ? "x" : "shortcut(x)") + \(factor)f(x)"
  }

  public override var namedChildren: [(name: String, module: Module)]? {
    numbered(layers) + (shortcut.map { [("shortcut", $0)] } ?? [])
  }
}
