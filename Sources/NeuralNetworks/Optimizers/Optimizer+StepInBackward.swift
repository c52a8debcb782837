import Autodiff

extension Optimizer {
  /// Changes each parameter in the backward pass, as soon as its gradient is complete, and releases the gradient at once, from now on until
  /// the handle's `remove()`.
  ///
  /// So the gradients of all parameters are never in memory together; for n parameters of equal size this saves all but one n-th of the
  /// memory of gradients. `step()` is called after `backward()` as before: it counts the step, applies the schedule and calls the hooks
  /// `beforeStep` and `afterStep`, which find no gradients. Each call of `backward()` changes the parameters, so gradients are not
  /// accumulated over several. Where parts are `checkpointed`, gradients are complete only when the last of them has been computed again.
  ///
  ///     optimizer.stepInBackward()
  ///     for batch in batches {
  ///       crossEntropy(model(batch.inputs), batch.labels).backward()
  ///       optimizer.step()
  ///     }
  ///
  /// If a hook throws in the backward pass, parameters that have been changed before stay changed. Stops the program if another optimizer
  /// steps in the backward pass for one of the parameters; later, if gradients are clipped by their norm, which needs all of them, or the
  /// loss is scaled by a `LossScaler`.
  ///
  /// Source: Lv et al., "Full parameter fine-tuning for large language models with limited resources", 2023, arXiv:2306.09782.
  @discardableResult
  public final func stepInBackward() -> HookHandle {
    for (index, parameter) in parameters.enumerated() {
      guard parameter.gradientHooks.gradientTaker == nil else {
        stop(
          "stepInBackward",
          "an optimizer steps in the backward pass for \(paths[index]) already; remove its handle first")
      }
      parameter.gradientHooks.gradientTaker = { [weak self, weak parameter] gradient in
        guard let self, let parameter else { return }
        changeInBackward(parameter, index, by: gradient)
      }
    }
    stepsInBackward = true
    return HookHandle { [weak self] _ in
      guard let self else { return }
      for parameter in parameters { parameter.gradientHooks.gradientTaker = nil }
      stepsInBackward = false
    }
  }

  private func changeInBackward(_ parameter: Parameter, _ index: Int, by gradient: Tensor) {
    applySchedule()
    let whole = parameter.gradient.map { $0 + gradient } ?? gradient
    parameter.gradient = nil
    change(parameter, index, by: whole)
  }
}
