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
    let found = withFloat32 { x in
      reducedInChunks(of: elementCount) {
        statistics_of(x + $0.lowerBound, $0.count, low, high)
      } join: { sum, part in
        sum.sum += part.sum
        sum.square_sum += part.square_sum
        sum.minimum = -larger(-sum.minimum, -part.minimum)
        sum.maximum = larger(sum.maximum, part.maximum)
        sum.zeros += part.zeros
        sum.nonfinite += part.nonfinite
        sum.outside += part.outside
      }
    }
    return ActivationSums(
      sum: found.sum, squareSum: found.square_sum, minimum: found.minimum, maximum: found.maximum, zeros: found.zeros,
      nonfinite: found.nonfinite, outside: found.outside)
  }

  /// Σ x², max |x| and the number of elements that are not finite.
  package func gradientSums() -> GradientSums {
    let found = withFloat32 { x in
      reducedInChunks(of: elementCount) {
        magnitudes_of(x + $0.lowerBound, $0.count)
      } join: { sum, part in
        sum.square_sum += part.square_sum
        sum.largest = larger(sum.largest, part.largest)
        sum.nonfinite += part.nonfinite
      }
    }
    return GradientSums(squareSum: found.square_sum, largest: found.largest, nonfinite: found.nonfinite)
  }

  /// Σ (x − mean)², in Float64.
  package func squaredDeviations(from mean: Double) -> Double {
    withFloat32 { x in
      reducedInChunks(of: elementCount) {
        squared_deviations(x + $0.lowerBound, $0.count, mean)
      } join: {
        $0 += $1
      }
    }
  }

  /// Σ (x − y)² for two tensors of one shape: differences in Float32, their sum in Float64.
  package func squaredDistance(to other: Tensor) -> Double {
    Autodiff.withFloat32(self, other) { x, y in
      reducedInChunks(of: elementCount) {
        squared_distance(x + $0.lowerBound, y + $0.lowerBound, $0.count)
      } join: {
        $0 += $1
      }
    }
  }

  /// Σ a², Σ b² and Σ a b for two tensors of one shape, in Float64.
  package func pairSums(with other: Tensor) -> PairSums {
    let found = Autodiff.withFloat32(self, other) { x, y in
      reducedInChunks(of: elementCount) {
        products_of(x + $0.lowerBound, y + $0.lowerBound, $0.count)
      } join: { sum, part in
        sum.first_square_sum += part.first_square_sum
        sum.second_square_sum += part.second_square_sum
        sum.product_sum += part.product_sum
      }
    }
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
        Autodiff.withFloat32(last) { last in
          reducedInChunks(of: elementCount) {
            let first = $0.lowerBound
            return products_with_step(
              after + first, before + first, gradient + first, last.map { $0 + first }, $0.count, change.pointer + first
            )
          } join: { sum, part in
            sum.with_step += part.with_step
            sum.with_last += part.with_last
          }
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
      let columns = elementCount / rows, sums = sums.baseAddress!
      withFloat32 { x in
        inChunks(of: rows, width: columns) {
          square_rows(x + $0.lowerBound * columns, $0.count, columns, sums + $0.lowerBound)
        }
      }
      count = rows
    }
  }

  /// Σ a b over each of `rows` equally long rows; `other` may be a single row, which is then multiplied with every row.
  package func rowProducts(with other: Tensor, rows: Int) -> [Double] {
    [Double](unsafeUninitializedCapacity: rows) { sums, count in
      let columns = elementCount / rows, step = other.elementCount == elementCount ? columns : 0
      let sums = sums.baseAddress!
      Autodiff.withFloat32(self, other) { x, y in
        inChunks(of: rows, width: columns) {
          multiply_rows(
            x + $0.lowerBound * columns, y + $0.lowerBound * step, step, $0.count, columns, sums + $0.lowerBound)
        }
      }
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
    tensor.withFloat32 { x in
      reducedInChunks(of: tensor.elementCount) { range in
        [UInt32](unsafeUninitializedCapacity: Int(histogram_counts)) { counts, count in
          histogram_of(x + range.lowerBound, range.count, edges, cells, counts.baseAddress!)
          count = Int(histogram_counts)
        }
      } join: { sum, part in
        for index in sum.indices { sum[index] += part[index] }
      }
    }
  }
}

/// The larger number; NaN where either is.
func larger(_ a: Float, _ b: Float) -> Float { b > a || b.isNaN ? b : a }
