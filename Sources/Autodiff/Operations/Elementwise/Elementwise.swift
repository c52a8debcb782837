// Operations of one input, element by element.

extension Tensor {
  /// factor · x + offset.
  func scaled(by factor: Float, plus offset: Float = 0) -> Tensor {
    record(map(.affine(factor: factor, offset: offset)), from: self) { [node] gradient, pass in
      pass.add(gradient.scaled(by: factor), to: node)
    }
  }

  /// x², element by element.
  public func squared() -> Tensor {
    record(map(.square), from: self) { [self] gradient, pass in
      pass.add(gradient * self.scaled(by: 2), to: self)
    }
  }

  /// √x, element by element; NaN for negative elements. The derivative at 0 is infinite.
  public func squareRoot() -> Tensor {
    let root = recordKeepingOutput(map(.squareRoot), from: self) { [node] gradient, pass in
      pass.add(gradient.scaled(by: 0.5) / pass.output, to: node)
    }
    OperationWatch.check("squareRoot", self, on: root.isOnTape) { $0 <= 0 }
    return root
  }

  /// |x|, element by element; the derivative at 0 is 0.
  public func absolute() -> Tensor {
    record(map(.absolute), from: self) { [self] gradient, pass in
      pass.add(gradient * self.map(.sign), to: self)
    }
  }

  /// The nearest number within the limits, element by element; the derivative is 1 within the limits, both included, and 0 outside,
  /// as in PyTorch.
  public func clamped(to limits: ClosedRange<Float>) -> Tensor {
    record(clipped(to: limits), from: self) { [self] gradient, pass in
      pass.add(gradientOfClamping(gradient, self, limits), to: self)
    }
  }

  /// max(x, limit), element by element: `x.clamped(to: 0...)`. The derivative is 1 at the limit and above, as in PyTorch.
  public func clamped(to limits: PartialRangeFrom<Float>) -> Tensor {
    clamped(to: limits.lowerBound...Float.infinity)
  }

  /// min(x, limit), element by element: `x.clamped(to: ...6)`. The derivative is 1 at the limit and below, as in PyTorch.
  public func clamped(to limits: PartialRangeThrough<Float>) -> Tensor {
    clamped(to: -Float.infinity...limits.upperBound)
  }

  /// As `clamped`, but not on the tape.
  func clipped(to limits: ClosedRange<Float>) -> Tensor {
    map(.clamp(limits))
  }

  /// −x, element by element.
  public static prefix func - (x: Tensor) -> Tensor { x.scaled(by: -1) }

  /// x + number, element by element.
  public static func + (x: Tensor, number: Float) -> Tensor { x.scaled(by: 1, plus: number) }
  /// number + x, element by element.
  public static func + (number: Float, x: Tensor) -> Tensor { x.scaled(by: 1, plus: number) }
  /// x − number, element by element.
  public static func - (x: Tensor, number: Float) -> Tensor { x.scaled(by: 1, plus: -number) }
  /// number − x, element by element.
  public static func - (number: Float, x: Tensor) -> Tensor { x.scaled(by: -1, plus: number) }
  /// x · number, element by element.
  public static func * (x: Tensor, number: Float) -> Tensor { x.scaled(by: number) }
  /// number · x, element by element.
  public static func * (number: Float, x: Tensor) -> Tensor { x.scaled(by: number) }
  /// x / number, element by element.
  public static func / (x: Tensor, number: Float) -> Tensor { x / Tensor(number) }
  /// number / x, element by element.
  public static func / (number: Float, x: Tensor) -> Tensor { Tensor(number) / x }
}

/// x², element by element.
public func square(_ x: Tensor) -> Tensor { x.squared() }

/// eˣ, element by element.
public func exp(_ x: Tensor) -> Tensor {
  let power = recordKeepingOutput(x.map(.exp), from: x) { [node = x.node] gradient, pass in
    pass.add(gradient * pass.output, to: node)
  }
  OperationWatch.check("exp", power, on: power.isOnTape) { $0 == .infinity }
  return power
}

/// The natural logarithm, element by element; −∞ at 0, NaN below.
public func log(_ x: Tensor) -> Tensor {
  let logarithm = record(x.map(.log), from: x) { gradient, pass in pass.add(gradient / x, to: x) }
  OperationWatch.check("log", x, on: logarithm.isOnTape) { $0 <= 0 }
  return logarithm
}

/// g where x lies within the limits, both included, otherwise 0.
func gradientOfClamping(_ g: Tensor, _ x: Tensor, _ limits: ClosedRange<Float>) -> Tensor {
  let passed = combine(g, x, .clamp(limits))
  return record(passed, from: g) { gradient, pass in pass.add(gradientOfClamping(gradient, x, limits), to: g) }
}
