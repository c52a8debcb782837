import CKernels

// Operations of one input, element by element. Each stands with its pullback.

extension Tensor {
  /// A new tensor of the same shape and precision that `kernel` computes from this one's elements.
  @inline(__always)
  func map(_ kernel: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void) -> Tensor {
    let count = elementCount
    let output = Buffer(count: count)
    kernel(buffer.pointer, output.pointer, count)
    return Tensor(shape: shape, buffer: output).castWithoutTape(to: precision)
  }

  /// factor · x + offset.
  func scaled(by factor: Float, plus offset: Float = 0) -> Tensor {
    record(map { x, y, n in scale_offset(x, factor, offset, y, n) }, from: self) { [place = node] gradient, pass in
      pass.add(gradient.scaled(by: factor), to: place)
    }
  }

  /// x², element by element.
  public func squared() -> Tensor {
    record(map(unary_square), from: self) { [self] gradient, pass in pass.add(gradient * self.scaled(by: 2), to: self)
    }
  }

  /// √x, element by element; NaN for negative elements. The derivative at 0 is infinite.
  public func squareRoot() -> Tensor {
    recordKeepingOutput(map(unary_square_root), from: self) { [place = node] gradient, pass in
      pass.add(gradient.scaled(by: 0.5) / pass.output, to: place)
    }
  }

  /// |x|, element by element; the derivative at 0 is 0.
  public func absolute() -> Tensor {
    record(map(unary_absolute), from: self) { [self] gradient, pass in
      pass.add(gradient * self.map(sign_of), to: self)
    }
  }

  /// The nearest number within the limits, element by element; the derivative is 1 within them and at both, 0 outside, as in
  /// PyTorch.
  public func clamped(to limits: ClosedRange<Float>) -> Tensor {
    record(clipped(to: limits), from: self) { [self] gradient, pass in
      pass.add(gradientOfClamping(gradient, self, limits), to: self)
    }
  }

  /// As `clamped`, but not on the tape.
  func clipped(to limits: ClosedRange<Float>) -> Tensor {
    map { x, y, n in clamp(x, y, n, limits.lowerBound, limits.upperBound) }
  }

  /// −x.
  public static prefix func - (x: Tensor) -> Tensor { x.scaled(by: -1) }

  /// x + number, and so on: a number stands for a tensor that repeats it.
  public static func + (x: Tensor, number: Float) -> Tensor { x.scaled(by: 1, plus: number) }
  /// number + x.
  public static func + (number: Float, x: Tensor) -> Tensor { x.scaled(by: 1, plus: number) }
  /// x − number.
  public static func - (x: Tensor, number: Float) -> Tensor { x.scaled(by: 1, plus: -number) }
  /// number − x.
  public static func - (number: Float, x: Tensor) -> Tensor { x.scaled(by: -1, plus: number) }
  /// x · number.
  public static func * (x: Tensor, number: Float) -> Tensor { x.scaled(by: number) }
  /// number · x.
  public static func * (number: Float, x: Tensor) -> Tensor { x.scaled(by: number) }
  /// x / number.
  public static func / (x: Tensor, number: Float) -> Tensor { x / Tensor(number) }
  /// number / x.
  public static func / (number: Float, x: Tensor) -> Tensor { Tensor(number) / x }
}

/// x², element by element.
public func square(_ x: Tensor) -> Tensor { x.squared() }

/// eˣ, element by element.
public func exp(_ x: Tensor) -> Tensor {
  recordKeepingOutput(x.map(unary_exp), from: x) { [place = x.node] gradient, pass in
    pass.add(gradient * pass.output, to: place)
  }
}

/// The natural logarithm, element by element; −∞ at 0, NaN below.
public func log(_ x: Tensor) -> Tensor {
  record(x.map(unary_log), from: x) { gradient, pass in pass.add(gradient / x, to: x) }
}

/// g where x lies within the limits, both included, otherwise 0.
func gradientOfClamping(_ g: Tensor, _ x: Tensor, _ limits: ClosedRange<Float>) -> Tensor {
  let passed = combine(g, x) { g, x, d, n in gradient_clamp(g, x, d, n, limits.lowerBound, limits.upperBound) }
  return record(passed, from: g) { gradient, pass in pass.add(gradientOfClamping(gradient, x, limits), to: g) }
}
