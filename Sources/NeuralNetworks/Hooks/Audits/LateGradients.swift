import Support

/// Warns once if the first gradient arrives at hooks after the end of the `withHooks` that attached them.
final class LateGradients {
  /// What to print when a gradient arrives; nil before the end of `withHooks`, and afterwards.
  private var warning: String?

  /// Called at the end of `withHooks`; `warning` is nil if the hooks were called, or have been reported.
  func scopeIsOver(_ warning: String?) { self.warning = warning }

  /// Called with each gradient at the hooks' tensors, once they are removed, and at the model's output.
  func arrived() {
    guard let warning else { return }
    self.warning = nil
    warnOnStandardError(warning)
  }
}
