import Autodiff

/// The eigenvalues of a symmetric matrix, n rows of n numbers, largest first; NaN where an element is not finite.
///
/// Householder's reflections make it tridiagonal; see there for the rest. About 4/3 n³ operations.
///
/// Source: Golub and Van Loan, "Matrix computations", 2013, section 8.3.
func eigenvalues(ofSymmetric matrix: [Double], size n: Int) -> [Double] {
  var a = matrix
  var diagonal = [Double](repeating: 0, count: n), beside = [Double](repeating: 0, count: n)
  var v = [Double](repeating: 0, count: n), p = v
  for k in 0..<max(n - 2, 0) {
    // v reflects column k below the diagonal onto its first element.
    let head = a[(k + 1) * n + k]
    var square = 0.0
    for i in k + 1..<n { square += a[i * n + k] * a[i * n + k] }
    let target = head > 0 ? -square.squareRoot() : square.squareRoot()
    diagonal[k] = a[k * n + k]
    beside[k] = target
    let length = square - head * target
    guard length > 0 else { continue }
    for i in k + 1..<n { v[i] = a[i * n + k] }
    v[k + 1] -= target
    var overlap = 0.0
    for i in k + 1..<n {
      var sum = 0.0
      for j in k + 1..<n { sum += a[i * n + j] * v[j] }
      p[i] = sum / length
      overlap += p[i] * v[i]
    }
    let half = overlap / (2 * length)
    for i in k + 1..<n { p[i] -= half * v[i] }
    for i in k + 1..<n {
      for j in k + 1..<n { a[i * n + j] -= v[i] * p[j] + p[i] * v[j] }
    }
  }
  for k in max(n - 2, 0)..<n {
    diagonal[k] = a[k * n + k]
    if k + 1 < n { beside[k] = a[(k + 1) * n + k] }
  }
  return eigenvalues(ofTridiagonal: diagonal, beside)
}

/// The eigenvalues of a symmetric tridiagonal matrix, whose element k of `beside` lies between elements k and k + 1 of the
/// diagonal, largest first; NaN where an element is not finite.
///
/// By bisection: as many eigenvalues lie below x as there are negative pivots in the elimination of the matrix − x.
///
/// Source: Barth, Martin and Wilkinson, "Calculation of the eigenvalues of a symmetric tridiagonal matrix by the method of
/// bisection", 1967.
func eigenvalues(ofTridiagonal diagonal: [Double], _ beside: [Double]) -> [Double] {
  let n = diagonal.count
  guard (diagonal + beside).allSatisfy(\.isFinite) else { return Array(repeating: .nan, count: n) }
  var squares = [Double](repeating: 0, count: n), bound = 0.0
  for k in 0..<n {
    let before = k > 0 ? beside[k - 1] : 0, after = k + 1 < n ? beside[k] : 0
    squares[k] = before * before
    bound = max(bound, abs(diagonal[k]) + abs(before) + abs(after))
  }
  let smallest = max(bound * 1e-16, .leastNormalMagnitude)
  func countBelow(_ x: Double) -> Int {
    var count = 0, pivot = 1.0
    for k in 0..<n {
      pivot = diagonal[k] - x - squares[k] / pivot
      if abs(pivot) < smallest { pivot = -smallest }
      if pivot < 0 { count += 1 }
    }
    return count
  }
  var found = [Double](repeating: 0, count: n)
  /// Finds those with numbers in `range`, which lie between `low` and `high`, halving the interval for all of them together.
  func search(_ range: Range<Int>, _ low: Double, _ high: Double) {
    guard !range.isEmpty else { return }
    let middle = low + (high - low) / 2
    guard high - low > 2 * smallest, middle > low, middle < high else {
      for index in range { found[n - 1 - index] = middle }
      return
    }
    let split = min(max(countBelow(middle), range.lowerBound), range.upperBound)
    search(range.lowerBound..<split, low, middle)
    search(split..<range.upperBound, middle, high)
  }
  search(0..<n, -bound - smallest, bound + smallest)
  return found
}

/// Xᵀ X of a matrix [rows, columns], in Float64.
func columnProducts(_ x: [Double], rows: Int, columns: Int) -> [Double] {
  var products = [Double](repeating: 0, count: columns * columns)
  products.withUnsafeMutableBufferPointer { products in
    x.withUnsafeBufferPointer { x in
      for row in 0..<rows {
        let values = x.baseAddress! + row * columns
        for i in 0..<columns {
          let factor = values[i], target = products.baseAddress! + i * columns
          for j in 0..<columns { target[j] += factor * values[j] }
        }
      }
    }
  }
  return products
}

/// Rows and columns exchanged.
func transposed(_ x: [Double], rows: Int, columns: Int) -> [Double] {
  var turned = [Double](repeating: 0, count: x.count)
  for row in 0..<rows {
    for column in 0..<columns { turned[column * rows + row] = x[row * columns + column] }
  }
  return turned
}
