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
    x.withFloat32 { x in
      // The mean of the first block, near which all chunks begin.
      let near = mean.pointer
      var work = columnWork()
      columns_near(x, min(rows, rowsOfBlock), columns, near, &work)
      let found = inBlocks { (first, count) -> (work: [Double], rows: Int) in
        var work = columnWork()
        column_moments(x + first * columns, count, columns, near, &work)
        return (work: work, rows: count)
      } join: { sum, part in
        join_column_moments(&sum.work, sum.rows, part.work, part.rows, columns)
        sum.rows += part.rows
      }
      finish_column_moments(found.work, rows, columns, mean.pointer, variance.pointer)
    }
    return (Tensor(shape: [columns], buffer: mean), Tensor(shape: [columns], buffer: variance))
  }

  /// (x − mean) inverse weight + bias, with one mean and one inverse per column.
  func normalizeColumns(_ x: Tensor, _ mean: Tensor, _ inverse: Tensor, _ weight: Tensor?, _ bias: Tensor?) -> Tensor {
    let output = Buffer(shape: x.shape)
    x.withFloat32 { x in
      withFloat32(mean, inverse) { mean, inverse in
        withFloat32(weight) { weight in
          withFloat32(bias) { bias in
            inChunks(of: rows, width: columns) {
              let first = $0.lowerBound * columns
              normalize_columns(
                x + first, $0.count, columns, mean, inverse, weight, bias, output.pointer + first)
            }
          }
        }
      }
    }
    return Tensor(shape: x.shape, buffer: output)
  }

  /// The gradients of `normalizeColumns`, through mean and inverse too, for the gradient g of its output.
  func columnsGradient(
    _ g: Tensor, _ x: Tensor, _ mean: Tensor, _ inverse: Tensor, _ weight: Tensor?
  ) -> NormalizationGradients {
    gradients(x.shape) { dx, dWeight, dBias in
      withFloat32(g, x) { g, x in
        withFloat32(mean, inverse) { mean, inverse in
          withFloat32(weight) { weight in
            var work = inBlocks { (first, count) -> [Double] in
              var work = columnWork()
              normalize_columns_sums(g + first * columns, x + first * columns, count, columns, mean, &work)
              return work
            } join: {
              join_column_sums(&$0, $1, columns)
            }
            finish_columns_gradient(&work, rows, columns, inverse, weight, dWeight, dBias)
            inChunks(of: rows, width: columns) {
              let first = $0.lowerBound * columns
              normalize_columns_gradient(g + first, x + first, $0.count, columns, mean, work, dx + first)
            }
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
        withFloat32(bias) { bias in
          inChunks(of: rows, width: columns) {
            let row = $0.lowerBound, first = row * columns
            normalize_rows(
              x + first, $0.count, columns, centered ? 1 : 0, epsilon, weight, bias, output.pointer + first,
              mean.pointer + row, inverse.pointer + row)
          }
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
    gradients(x.shape) { dx, dWeight, dBias in
      withFloat32(g, x) { g, x in
        withFloat32(mean, inverse) { mean, inverse in
          withFloat32(weight) { weight in
            let work = inBlocks { (row, count) -> [Double] in
              let first = row * columns
              var work = columnWork()
              normalize_rows_gradient(
                g + first, x + first, count, columns, centered ? 1 : 0, mean + row, inverse + row, weight, dx + first,
                &work)
              return work
            } join: {
              join_column_sums(&$0, $1, columns)
            }
            finish_column_sums(work, columns, dWeight, dBias)
          }
        }
      }
    }
  }

  private typealias Output = UnsafeMutablePointer<Float>

  private func gradients(
    _ shape: Shape, _ body: (_ x: Output, _ weight: Output, _ bias: Output) -> Void
  ) -> NormalizationGradients {
    let x = Buffer(shape: shape), weight = Buffer(count: columns), bias = Buffer(count: columns)
    body(x.pointer, weight.pointer, bias.pointer)
    return NormalizationGradients(
      x: Tensor(shape: shape, buffer: x), weight: Tensor(shape: [columns], buffer: weight),
      bias: Tensor(shape: [columns], buffer: bias))
  }

  /// The numbers that the kernel of a chunk works in and leaves its sums in.
  private func columnWork() -> [Double] { [Double](repeating: 0, count: normalization_work * columns) }

  /// What `part` makes of rows, given by the first and their number, joined in their order: whole blocks, over which kernels add in
  /// Float32.
  private func inBlocks<Part>(_ part: (Int, Int) -> Part, join: (inout Part, Part) -> Void) -> Part {
    let size = rowsOfBlock
    return reducedInChunks(of: (rows + size - 1) / size, width: size * columns) {
      let first = $0.lowerBound * size
      return part(first, min($0.upperBound * size, rows) - first)
    } join: {
      join(&$0, $1)
    }
  }
}

/// The number of rows over which kernels add in Float32.
private let rowsOfBlock = 256
