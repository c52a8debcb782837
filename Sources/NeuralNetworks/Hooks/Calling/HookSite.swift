import Autodiff

/// Identifies the tensor that a hook is called with.
public struct HookSite {
  /// The module's path in the model through which the hook was attached; "" is that model itself.
  public let path: String
  /// The kind of module, such as "Linear"; "Parameter" for hooks on a parameter's gradient.
  public let kind: String
  let tensor: HookedTensor

  /// The number of earlier calls of the module in this forward pass of the model: 0 unless the module is shared or recurrent.
  public var callIndex: Int { tensor.callIndex }
  /// The index among the module's inputs or outputs: 0 unless there are several.
  public var tensorIndex: Int { tensor.tensorIndex }
  /// Whether the module was called with a list.
  package var isInList: Bool { tensor.isInList }
}

/// Identifies a tensor among all inputs or outputs of all calls of a module.
struct HookedTensor: Equatable {
  var callIndex = 0
  var tensorIndex = 0
  var isInList = false
  /// Whether the call counts its module among the layers on the path to an output.
  var isLayer = false
  /// The number of the forward pass.
  var pass: Int64 = 0

  /// Another tensor of the same call.
  func at(_ index: Int) -> HookedTensor {
    var other = self
    other.tensorIndex = index
    return other
  }
}

/// A function that observes a tensor and may replace it: nil keeps the tensor, another tensor of the same shape replaces it. An error
/// that it throws comes out of `withThrowingHooks`, `withHooks` or `capture`.
public typealias Hook = (_ site: HookSite, _ tensor: Tensor) throws -> Tensor?
