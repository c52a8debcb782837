import CKernels

/// The gradients of a normalization's input, weight and bias.
struct NormalizationGradients {
  let x, weight, bias: Tensor
}

/// Normalization of x as a matrix [rows, columns], the last dimension being columns. Nothing here is on the tape.
struct NormalizationKernels {
  let rows, columns: Int

  /// The mean and variance of each column.
  func moments(of x: Tensor) -> (mean: Tensor, variance: Tensor) {
    let mean = Buffer(count: columns), variance = Buffer(count: columns)
    withWork { work in x.withFloat32 { column_moments($0, rows, columns, mean.pointer, variance.pointer, work) } }
    return (Tensor(shape: [columns], buffer: mean), Tensor(shape: [columns], buffer: variance))
  }

  /// (x − mean) inverse weight + bias, with one mean and one inverse per column.
  func normalizeColumns(_ x: Tensor, _ mean: Tensor, _ inverse: Tensor, _ weight: Tensor?, _ bias: Tensor?) -> Tensor {
    let output = Buffer(shape: x.shape)
    x.withFloat32 { x in
      withFloat32(mean, inverse) { mean, inverse in
        withFloat32(weight) { weight in
          withFloat32(bias) { normalize_columns(x, rows, columns, mean, inverse, weight, $0, output.pointer) }
        }
      }
    }
    return Tensor(shape: x.shape, buffer: output)
  }

  /// The gradients of `normalizeColumns`, through mean and inverse too, for the gradient g of its output.
  func columnsGradient(
    _ g: Tensor, _ x: Tensor, _ mean: Tensor, _ inverse: Tensor, _ weight: Tensor?
  ) -> NormalizationGradients {
    gradients(x.shape) { dx, dWeight, dBias, work in
      withFloat32(g, x) { g, x in
        withFloat32(mean, inverse) { mean, inverse in
          withFloat32(weight) {
            normalize_columns_gradient(g, x, rows, columns, mean, inverse, $0, dx, dWeight, dBias, work)
          }
        }
      }
    }
  }

  /// (x − mean) inverse weight + bias with each row's own mean, or 0 where not `centered`, and inverse = 1 / √(mean of
  /// (x − mean)² + ε); and each row's mean and inverse.
  func normalizeRows(
    _ x: Tensor, _ weight: Tensor?, _ bias: Tensor?, epsilon: Float, centered: Bool
  ) -> (output: Tensor, mean: Tensor, inverse: Tensor) {
    let mean = Buffer(count: rows), inverse = Buffer(count: rows), output = Buffer(shape: x.shape)
    x.withFloat32 { x in
      withFloat32(weight) { weight in
        withFloat32(bias) {
          normalize_rows(
            x, rows, columns, centered ? 1 : 0, epsilon, weight, $0, output.pointer, mean.pointer, inverse.pointer)
        }
      }
    }
    return (
      Tensor(shape: x.shape, buffer: output), Tensor(shape: [rows], buffer: mean),
      Tensor(shape: [rows], buffer: inverse)
    )
  }

  /// The gradients of `normalizeRows` for the gradient g of its output.
  func rowsGradient(
    _ g: Tensor, _ x: Tensor, _ mean: Tensor, _ inverse: Tensor, _ weight: Tensor?, centered: Bool
  ) -> NormalizationGradients {
    gradients(x.shape) { dx, dWeight, dBias, work in
      withFloat32(g, x) { g, x in
        withFloat32(mean, inverse) { mean, inverse in
          withFloat32(weight) {
            normalize_rows_gradient(
              g, x, rows, columns, centered ? 1 : 0, mean, inverse, $0, dx, dWeight, dBias, work)
          }
        }
      }
    }
  }

  private typealias Output = UnsafeMutablePointer<Float>

  private func gradients(
    _ shape: Shape,
    _ body: (_ x: Output, _ weight: Output, _ bias: Output, _ work: UnsafeMutablePointer<Double>) -> Void
  ) -> NormalizationGradients {
    let x = Buffer(shape: shape), weight = Buffer(count: columns), bias = Buffer(count: columns)
    withWork { body(x.pointer, weight.pointer, bias.pointer, $0) }
    return NormalizationGradients(
      x: Tensor(shape: shape, buffer: x), weight: Tensor(shape: [columns], buffer: weight),
      bias: Tensor(shape: [columns], buffer: bias))
  }

  /// Calls `body` with 4 · columns Float64 numbers, not initialized, for the kernel to work in.
  private func withWork(_ body: (UnsafeMutablePointer<Double>) -> Void) {
    let memory = Buffer(count: 8 * columns)
    withExtendedLifetime(memory) {
      body(UnsafeMutableRawPointer(memory.pointer).assumingMemoryBound(to: Double.self))
    }
  }
}
