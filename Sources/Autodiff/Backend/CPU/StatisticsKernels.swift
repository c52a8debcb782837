import CKernels

// Reductions of tensors to a few numbers, for optimizers and recorders. Nothing here is on the tape.

/// Sums, extremes and counts over all elements of a tensor, from one pass.
package struct ActivationSums {
  /// Σ x and Σ x², accurate also where squares leave the range of Float32.
  package let sum, squareSum: Double
  /// Extremes; NaN if any element is NaN.
  package let minimum, maximum: Float
  /// The numbers of elements that are exactly 0, that are NaN or infinite, and that lie outside the given limits.
  package let zeros, nonfinite, outside: Int
}

/// Σ g² and the largest magnitude of a tensor, from one pass.
package struct GradientSums {
  /// Σ g², accurate also where squares leave the range of Float32.
  package let squareSum: Double
  /// max |g|; NaN if any element is NaN.
  package let largest: Float
  /// The number of elements that are NaN or infinite.
  package let nonfinite: Int
}

/// Σ a², Σ b² and Σ a b of two tensors.
package struct PairSums {
  package let firstSquareSum, secondSquareSum, productSum: Double
}

extension Tensor {
  /// Sums, extremes and counts over all elements; elements below `low` or above `high` count as outside.
  package func activationSums(low: Float, high: Float) -> ActivationSums {
    let found = withFloat32 { statistics_of($0, elementCount, low, high) }
    return ActivationSums(
      sum: found.sum, squareSum: found.square_sum, minimum: found.minimum, maximum: found.maximum, zeros: found.zeros,
      nonfinite: found.nonfinite, outside: found.outside)
  }

  /// Σ x², max |x| and the number of elements that are not finite.
  package func gradientSums() -> GradientSums {
    let found = withFloat32 { magnitudes_of($0, elementCount) }
    return GradientSums(squareSum: found.square_sum, largest: found.largest, nonfinite: found.nonfinite)
  }

  /// Σ (x − mean)², in Float64.
  package func squaredDeviations(from mean: Double) -> Double {
    withFloat32 { squared_deviations($0, elementCount, mean) }
  }

  /// Σ (x − y)² for two tensors of one shape: differences in Float32, their sum in Float64.
  package func squaredDistance(to other: Tensor) -> Double {
    Autodiff.withFloat32(self, other) { squared_distance($0, $1, elementCount) }
  }

  /// Σ a², Σ b² and Σ a b for two tensors of one shape, in Float64.
  package func pairSums(with other: Tensor) -> PairSums {
    let found = Autodiff.withFloat32(self, other) { products_of($0, $1, elementCount) }
    return PairSums(
      firstSquareSum: found.first_square_sum, secondSquareSum: found.second_square_sum, productSum: found.product_sum)
  }

  /// This tensor minus `before`, and the products of `gradient` with that change and with `last`, 0 where `last` is nil; in
  /// Float64. All have one shape.
  package func change(
    from before: Tensor, gradient: Tensor, last: Tensor?
  ) -> (change: Tensor, withChange: Double, withLast: Double) {
    let change = Buffer(shape: shape)
    let found = Autodiff.withFloat32(self, before) { after, before in
      gradient.withFloat32 { gradient in
        Autodiff.withFloat32(last) {
          products_with_step(after, before, gradient, $0, elementCount, change.pointer)
        }
      }
    }
    return (Tensor(shape: shape, buffer: change), found.with_step, found.with_last)
  }

  /// For each column (the last dimension), sets `last[column]` to `now` where any element of the column is not 0. `last` has one
  /// element per column.
  package func markActiveColumns(at now: Int64, in last: inout [Int64]) {
    withFloat32 { note_active_columns($0, elementCount / Swift.max(last.count, 1), last.count, now, &last) }
  }

  /// Σ x² over each of `rows` equally long rows.
  package func rowSquares(rows: Int) -> [Double] {
    [Double](unsafeUninitializedCapacity: rows) { sums, count in
      withFloat32 { square_rows($0, rows, elementCount / rows, sums.baseAddress!) }
      count = rows
    }
  }

  /// Σ a b over each of `rows` equally long rows; `other` may be a single row, which is then multiplied with every row.
  package func rowProducts(with other: Tensor, rows: Int) -> [Double] {
    [Double](unsafeUninitializedCapacity: rows) { sums, count in
      let columns = elementCount / rows, step = other.elementCount == elementCount ? columns : 0
      Autodiff.withFloat32(self, other) { multiply_rows($0, $1, step, rows, columns, sums.baseAddress!) }
      count = rows
    }
  }
}

/// Counts how many elements of a tensor lie in each bin of a run file's histograms.
package struct HistogramKernel: Sendable {
  private let edges: [Double]
  private let cells: [UInt16]

  /// A kernel for the given edges of bins, in ascending order; their number is fixed by the run file's format.
  package init(edges: [Double]) {
    self.edges = edges
    cells = [UInt16](unsafeUninitializedCapacity: Int(histogram_cells)) { cells, count in
      make_histogram_cells(edges, cells.baseAddress!)
      count = cells.count
    }
  }

  /// The counts of zeros, NaN, −∞ and +∞, then of each bin. What lies beyond the edges counts in the outermost bins.
  package func counts(of tensor: Tensor) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: Int(histogram_counts)) { counts, count in
      tensor.withFloat32 { histogram_of($0, tensor.elementCount, edges, cells, counts.baseAddress!) }
      count = Int(histogram_counts)
    }
  }
}
