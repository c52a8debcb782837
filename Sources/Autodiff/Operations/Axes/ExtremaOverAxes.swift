// The largest and smallest elements over dimensions. A NaN counts as the largest and as the smallest.

extension Tensor {
  /// The largest element, a scalar; gradients as those of `max(axes:)`. Stops the program if there are no elements.
  public func max() -> Tensor { extreme(.largest, "max", Array(shape.indices), keepingDimensions: false) }

  /// The smallest element, a scalar; gradients as those of `min(axes:)`. Stops the program if there are no elements.
  public func min() -> Tensor { extreme(.smallest, "min", Array(shape.indices), keepingDimensions: false) }

  /// The largest elements over the given dimensions, which disappear, or stay with size 1: [3, 4, 5] over 1 is [3, 5] or [3, 1, 5].
  /// Negative dimensions count from the last.
  ///
  /// The gradient is spread evenly over equal largest elements, as that of `torch.amax`; `max(axis:)` gives it to one of them. Stops
  /// the program if there is no such dimension, or no element to choose.
  public func max(axes: [Int], keepingDimensions: Bool = false) -> Tensor {
    extreme(.largest, "max", axes, keepingDimensions: keepingDimensions)
  }

  /// The smallest elements over the given dimensions, which disappear, or stay with size 1: [3, 4, 5] over 1 is [3, 5] or [3, 1, 5].
  /// Negative dimensions count from the last.
  ///
  /// The gradient is spread evenly over equal smallest elements, as that of `torch.amin`; `min(axis:)` gives it to one of them. Stops
  /// the program if there is no such dimension, or no element to choose.
  public func min(axes: [Int], keepingDimensions: Bool = false) -> Tensor {
    extreme(.smallest, "min", axes, keepingDimensions: keepingDimensions)
  }

  /// The largest elements along a dimension, which disappears, or stays with size 1, and where they are, of the same shape: the first of
  /// equals. Negative dimensions count from the last.
  ///
  /// The gradient goes to the element at the index alone, as that of `torch.max(dim)`. Stops the program if there is no such
  /// dimension, or no element to choose.
  public func max(axis: Int, keepingDimensions: Bool = false) -> (values: Tensor, indices: Indices) {
    extreme(argument(.largest, "max", axis, true), axis, keepingDimensions)
  }

  /// The smallest elements along a dimension, which disappears, or stays with size 1, and where they are, of the same shape: the first of
  /// equals. Negative dimensions count from the last.
  ///
  /// The gradient goes to the element at the index alone, as that of `torch.min(dim)`. Stops the program if there is no such
  /// dimension, or no element to choose.
  public func min(axis: Int, keepingDimensions: Bool = false) -> (values: Tensor, indices: Indices) {
    extreme(argument(.smallest, "min", axis, true), axis, keepingDimensions)
  }

  /// Where the largest elements along a dimension are, the first of equals: [3, 4, 5] along 1 is [3, 5], or with the dimension kept
  /// [3, 1, 5]. Negative dimensions count from the last. Stops the program if there is no such dimension, or no element to choose.
  public func argmax(axis: Int, keepingDimensions: Bool = false) -> Indices {
    argument(.largest, "argmax", axis, keepingDimensions)
  }

  /// Where the smallest elements along a dimension are, the first of equals: [3, 4, 5] along 1 is [3, 5], or with the dimension kept
  /// [3, 1, 5]. Negative dimensions count from the last. Stops the program if there is no such dimension, or no element to choose.
  public func argmin(axis: Int, keepingDimensions: Bool = false) -> Indices {
    argument(.smallest, "argmin", axis, keepingDimensions)
  }

  private func extreme(_ which: Extreme, _ operation: String, _ axes: [Int], keepingDimensions: Bool) -> Tensor {
    let axes = normalized(axes, operation)
    let output = axes.sorted().reduce(detached()) {
      $0.extremes(which, choosable(AxisLayout($1, of: $0.shape, operation), operation))
    }
    let extremes = recordKeepingOutput(output, from: self) { [self] gradient, pass in
      let isExtreme = self .== pass.output
      let shares = isExtreme / isExtreme.sum(axes: Array(axes), keepingDimensions: true)
      pass.add(masked(gradient.broadcast(to: shape), by: shares), to: self)
    }
    return keepingDimensions ? extremes : extremes.reshaped(shape(without: axes))
  }

  private func extreme(_ indices: Indices, _ axis: Int, _ keepingDimensions: Bool) -> (Tensor, Indices) {
    let values = gather(axis: axis, indices)
    guard !keepingDimensions else { return (values, indices) }
    let target = shape(without: normalized([axis], "max"))
    return (values.reshaped(target), indices.reshaped(target))
  }

  private func argument(_ which: Extreme, _ operation: String, _ axis: Int, _ keepingDimensions: Bool) -> Indices {
    let layout = choosable(AxisLayout(axis, of: shape, operation), operation)
    return Indices(
      indicesOfExtremes(which, layout), shape: layout.shape(replacing: keepingDimensions ? [1] : []))
  }

  /// Stops the program if there is nothing to choose from.
  private func choosable(_ layout: AxisLayout, _ operation: String) -> AxisLayout {
    guard layout.size > 0 || layout.outer * layout.inner == 0 else {
      stop(operation, "dimension \(layout.axis) of the shape \(shape) has no elements to choose from")
    }
    return layout
  }
}
